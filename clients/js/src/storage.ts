/** Where the queue and the cache survive a reload. Values are structured-cloneable; files among them only where the
 * storage can keep them (IndexedDB can, AsyncStorage cannot). */

import { copyOf } from './platform.js';

export interface KeyValue {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  /** Every key that begins with `prefix`, in order. */
  keys(prefix: string): Promise<string[]>;
}

/** Forgets with the page: for tests, servers, and browsers that allow nothing else. */
export class MemoryStorage implements KeyValue {
  private readonly values = new Map<string, unknown>();

  async get(key: string): Promise<unknown> {
    return this.values.get(key);
  }

  async set(key: string, value: unknown): Promise<void> {
    this.values.set(key, copyOf(value));
  }

  async delete(key: string): Promise<void> {
    this.values.delete(key);
  }

  async keys(prefix: string): Promise<string[]> {
    return [...this.values.keys()].filter((key) => key.startsWith(prefix)).sort();
  }
}

const STORE = 'values';

/** One object store of IndexedDB. A private window that forbids it makes every call reject: see `bestStorage`. */
export class IndexedDbStorage implements KeyValue {
  private opened: Promise<IDBDatabase> | undefined;

  constructor(private readonly name = 'parley') {}

  get(key: string): Promise<unknown> {
    return this.run('readonly', (store) => store.get(key));
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.run('readwrite', (store) => store.put(value, key));
  }

  async delete(key: string): Promise<void> {
    await this.run('readwrite', (store) => store.delete(key));
  }

  async keys(prefix: string): Promise<string[]> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    return (await this.run('readonly', (store) => store.getAllKeys(range))) as string[];
  }

  private async run<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const database = await this.open();
    return new Promise((resolve, reject) => {
      // `strict`: a message the user saw queued must survive the power going.
      const transaction = database.transaction(STORE, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' });
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error);
    });
  }

  private open(): Promise<IDBDatabase> {
    this.opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onerror = () => {
        this.opened = undefined;
        reject(request.error);
      };
      request.onsuccess = () => {
        // Another tab that wants a newer version, or a browser that closes us, makes the next call open it again.
        const forget = () => {
          this.opened = undefined;
        };
        request.result.onclose = forget;
        request.result.onversionchange = () => {
          request.result.close();
          forget();
        };
        resolve(request.result);
      };
    });
    return this.opened;
  }
}

/** What AsyncStorage of React Native, `localStorage` wrapped in promises and their like offer. */
export interface StringStorage {
  getItem(key: string): Promise<string | null> | string | null;
  setItem(key: string, value: string): Promise<void> | void;
  removeItem(key: string): Promise<void> | void;
  getAllKeys(): Promise<readonly string[]> | readonly string[];
}

/** Keeps values as JSON in a storage of strings. Files cannot be kept this way: upload them before you send. */
export class JsonStorage implements KeyValue {
  constructor(
    private readonly strings: StringStorage,
    private readonly prefix = 'parley:',
  ) {}

  async get(key: string): Promise<unknown> {
    const text = await this.strings.getItem(this.prefix + key);
    try {
      return text === null ? undefined : JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.strings.setItem(this.prefix + key, JSON.stringify(value));
  }

  async delete(key: string): Promise<void> {
    await this.strings.removeItem(this.prefix + key);
  }

  async keys(prefix: string): Promise<string[]> {
    const all = await this.strings.getAllKeys();
    const wanted = this.prefix + prefix;
    return all.filter((key) => key.startsWith(wanted)).map((key) => key.slice(this.prefix.length)).sort();
  }
}

/** IndexedDB where it works, else memory. */
export async function bestStorage(): Promise<KeyValue> {
  if (typeof indexedDB === 'undefined') return new MemoryStorage();
  const stored = new IndexedDbStorage();
  try {
    await stored.keys('');
    return stored;
  } catch {
    return new MemoryStorage();
  }
}
