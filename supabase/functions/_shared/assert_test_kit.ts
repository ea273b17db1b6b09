/** The three assertions the tests need: a library of them would be one more thing to fetch. */

export function assert(fact: unknown, told = "not so"): asserts fact {
  if (!fact) throw new Error(told);
}

export function assertEquals(found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  assert(a === b, `found ${a}, expected ${b}`);
}

/** What a promise is rejected with. */
export async function rejects(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was not rejected");
}
