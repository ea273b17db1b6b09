/** A value that tells its listeners when it is replaced: what `useSyncExternalStore` and its like want. */

export class Signal<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  /** The value; the same object until it changes. */
  readonly get = (): T => this.value;

  /** Call `listener` after every change; returns what ends that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.value));
  }
}
