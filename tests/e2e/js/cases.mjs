/** Cases: what is asked of a client, and what the answer must hold. One line a case, one test for each. */
import assert from "node:assert/strict";
import { test } from "node:test";

/** Every member that is expected is there, and as expected; a RegExp stands for a text it matches. */
export function holds(found, wanted, path = "answer") {
  if (wanted instanceof RegExp) assert.match(String(found), wanted, path);
  else if (Array.isArray(wanted) || wanted === null || typeof wanted !== "object") {
    assert.deepEqual(found, wanted, path);
  } else for (const [name, value] of Object.entries(wanted)) holds(found?.[name], value, `${path}.${name}`);
}

/** One test for each of `cases`: a label → [what is asked, what the answer must hold]. */
export function table(cases) {
  for (const [label, [ask, wanted]] of Object.entries(cases)) {
    test(label, async () => {
      const answer = await ask();
      holds(answer, wanted, `${label}: ${JSON.stringify({ ...answer, data: undefined })}`);
    });
  }
}
