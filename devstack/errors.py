"""The one error of the local stack: what is wrong, and the command or setting that helps."""


class StackError(Exception):
    """The local stack cannot go on.

    `detail` says what is wrong in one line, `remedy` what to do about it; `str()` is `detail — remedy`.
    """

    def __init__(self, detail: str, remedy: str = "") -> None:
        super().__init__(f"{detail} — {remedy}" if remedy else detail)
        self.detail = detail
        self.remedy = remedy
