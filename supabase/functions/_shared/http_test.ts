/** Bodies, paths and problems. */

import { assert, assertEquals, rejects } from "./assert_test_kit.ts";
import { idInPath, Problem, readBody, readForm, serve } from "./http.ts";

const ID = "01990000-0000-7000-8000-000000000001";
const post = (body: BodyInit, headers: HeadersInit = {}) =>
  new Request("http://x.test/f/" + ID, { method: "POST", body, headers });

Deno.test("the id is what follows the function's name, hosted and local", () => {
  for (const path of [`/f/${ID}`, `/functions/v1/f/${ID}`, `/f/${ID}.gif`, `/f/${ID}/more`, `/f/${ID.toUpperCase()}`]) {
    assertEquals(idInPath(new Request(`http://x.test${path}`), "f"), ID);
  }
  for (const path of ["/f", "/f/", `/f/x/${ID}`, `/g/${ID}`, `/f/${ID}x`, "/f/%00"]) {
    assertEquals(idInPath(new Request(`http://x.test${path}`), "f"), null);
  }
});

Deno.test("a body is read to its limit and no further", async () => {
  assertEquals((await readBody(post("x".repeat(10)), 10)).length, 10);
  assertEquals((await rejects(readBody(post("x".repeat(11)), 10)) as Problem).status, 413);
  let asked = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      asked++;
      controller.enqueue(new Uint8Array(1000));
    },
  });
  const request = new Request("http://x.test", { method: "POST", body: endless, duplex: "half" } as RequestInit);
  assertEquals((await rejects(readBody(request, 5000)) as Problem).status, 413);
  assert(asked < 12);
});

Deno.test("a body that breaks off is malformed", async () => {
  const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("gone")) });
  const request = new Request("http://x.test", { method: "POST", body: broken, duplex: "half" } as RequestInit);
  assertEquals((await rejects(readBody(request, 5000)) as Problem).status, 400);
});

Deno.test("a form may come in three ways, and files in none", async () => {
  const form = new FormData();
  form.set("a", "1");
  form.set("file", new Blob(["x"]), "x.txt");
  for (
    const request of [
      post("a=1&file=", { "content-type": "application/x-www-form-urlencoded" }),
      post('{"a": "1", "file": "", "b": 7}', { "content-type": "application/json" }),
      post(form),
    ]
  ) {
    assertEquals([...await readForm(request, 10_000)], [["a", "1"], ["file", ""]]);
  }
});

Deno.test("an error of ours tells nothing of itself", async () => {
  const handler = serve("f", ["POST"], () => Promise.reject(new TypeError("secret detail")));
  const answer = await handler(post(""));
  assertEquals(answer.status, 500);
  assert(!(await answer.text()).includes("secret"));
});
