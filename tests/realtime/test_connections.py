"""Whose connections there are, and how they end, as the board is told."""

from tests.realtime.conftest import People, Running, token

COUNTED = (
    "select jsonb_object_agg(r.label, r.n) from (select label, sum(n) as n from public.rollups"
    " where metric = 'realtime' and step = 'hour' and tenant_id = %s group by label) as r"
)
NOW = "select sum(connections)::int from private.realtime_reports where tenant_id = %s"


async def test_connections_are_counted_and_told(gateway: Running, people: People) -> None:
    """Once in a private topic, whatever else is joined; closed and broken apart; who joins nothing is nobody's."""
    inside = gateway.app.gateway.connections

    def counted() -> dict[str, int]:
        return people.value(COUNTED, people.tenant) or {}

    before = counted()
    async with gateway.client() as ann, gateway.client() as bob, gateway.client():
        for topic in (f"user:{people.ann}", f"thread:{people.thread}"):
            await ann.join(topic, token(people.ann))
        await bob.join(f"thread:{people.thread}", token(people.bob))
        await inside.report()
        assert people.value(NOW, people.tenant) == 2
        bob.socket.transport.abort()
        await gateway.until(lambda: len(gateway.app.gateway.sockets) == 2)
    await gateway.until(lambda: not gateway.app.gateway.sockets)
    await inside.report()
    after = counted()
    new = {label: after[label] - before.get(label, 0) for label in ("opened", "closed", "broken", "lasted")}
    assert new == {"opened": 2, "closed": 1, "broken": 1, "lasted": 2}
    assert people.value(NOW, people.tenant) == 0


async def test_what_could_not_be_told_is_told_later(gateway: Running, people: People) -> None:
    """The database was away: nothing is lost, and a report that had arrived is not counted again."""
    inside = gateway.app.gateway.connections
    async with gateway.client() as ann:
        await ann.join(f"user:{people.ann}", token(people.ann))
        people.run("revoke execute on function private.report_connections(text, bigint, jsonb) from parley_realtime")
        await inside.report()
        people.run("grant execute on function private.report_connections(text, bigint, jsonb) to parley_realtime")
        await inside.report()
        assert people.value(COUNTED, people.tenant)["opened"] == 1
        inside._number -= 1
        await inside.report()
        assert people.value(COUNTED, people.tenant)["opened"] == 1
