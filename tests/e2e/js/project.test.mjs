/** The project as a whole: what holds in every room. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { url } from "./client.mjs";

const ROOMS = ["/rest/v1/", "/storage/v1/bucket"];

test("a browser of any origin may ask", async () => {
  for (const room of ROOMS) {
    const answer = await fetch(url + room, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "apikey, authorization, content-type, x-client-info",
      },
    });
    assert.ok(answer.ok, `${room} answered ${answer.status}`);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    assert.match(answer.headers.get("access-control-allow-headers"), /apikey|\*/i);
  }
});

test("a request without a key is refused", async () => {
  const answer = await fetch(`${url}/storage/v1/bucket`);
  assert.ok([400, 401, 403].includes(answer.status), String(answer.status));
});
