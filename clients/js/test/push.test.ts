import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { makeWorld, type World } from './world.js';

let world: World;

beforeEach(async () => {
  world = await makeWorld();
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await world.end();
});

/** What a browser has: a push manager that subscribes for one key at a time, and a user who answers its question. */
class Browser {
  subscription: { endpoint: string; key: string } | undefined;
  made = 0;

  constructor(answer: NotificationPermission) {
    vi.stubGlobal('Notification', Object.assign(() => undefined, {
      permission: 'default' as NotificationPermission,
      requestPermission() {
        this.permission = answer;
        return Promise.resolve(answer);
      },
    }));
  }

  get registration(): ServiceWorkerRegistration {
    const pushManager = {
      getSubscription: () => Promise.resolve(this.subscription ? this.shown() : null),
      subscribe: ({ applicationServerKey }: { applicationServerKey: string }) => {
        this.subscription = { endpoint: `https://push.test/${++this.made}`, key: applicationServerKey };
        return Promise.resolve(this.shown());
      },
    };
    return { pushManager } as unknown as ServiceWorkerRegistration;
  }

  private shown() {
    const { endpoint, key } = this.subscription ?? { endpoint: '', key: '' };
    return {
      endpoint, options: { applicationServerKey: bytes(key) },
      toJSON: () => ({ endpoint, keys: { p256dh: 'p', auth: 'a' } }),
      unsubscribe: () => {
        this.subscription = undefined;
        return Promise.resolve(true);
      },
    };
  }
}

function bytes(base64url: string): ArrayBuffer {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (one) => one.charCodeAt(0)).buffer;
}

const KEYS = ['BK-_', 'BL-_'] as const;

describe('a browser', () => {
  it('is subscribed with the key of the installation and registered, once however often it starts', async () => {
    const { server, client } = world;
    server.pushKey = KEYS[0];
    const browser = new Browser('granted');
    expect(await client.push.state(browser.registration)).toBe('off');
    expect(await client.push.enable(browser.registration)).toBe('on');
    expect(await client.push.enable(browser.registration)).toBe('on');
    expect([browser.made, browser.subscription?.key]).toEqual([1, KEYS[0]]);
    expect(server.calls.findLast((one) => one.rpc === 'register_push')?.args).toEqual({
      p_endpoint: 'https://push.test/1', p_p256dh: 'p', p_auth: 'a',
    });
    expect(await client.push.state(browser.registration)).toBe('on');
  });

  it('subscribes anew when the installation has another key', async () => {
    const { server, client } = world;
    server.pushKey = KEYS[0];
    const browser = new Browser('granted');
    await client.push.enable(browser.registration);
    server.pushKey = KEYS[1];
    await client.push.enable(browser.registration);
    expect([browser.made, browser.subscription?.key]).toEqual([2, KEYS[1]]);
    expect([...server.browsers]).toContain('https://push.test/2');
  });

  it('is forgotten by itself and by the server, and by itself also while the server is away', async () => {
    const { server, client } = world;
    const browser = new Browser('granted');
    await client.push.enable(browser.registration);
    expect(await client.push.disable(browser.registration)).toBe('off');
    expect([browser.subscription, server.browsers.size]).toEqual([undefined, 0]);
    await client.push.enable(browser.registration);
    server.fate = (rpc) => (rpc === 'forget_push' ? 'busy' : 'ok');
    await expect(client.push.disable(browser.registration)).rejects.toMatchObject({ kind: 'again' });
    expect(browser.subscription).toBeUndefined();
  });

  it('whose user says no, or that has no push, registers nothing', async () => {
    const { server, client } = world;
    expect(await client.push.enable({} as ServiceWorkerRegistration)).toBe('unsupported');
    const browser = new Browser('denied');
    expect(await client.push.enable(browser.registration)).toBe('denied');
    expect(await client.push.state(browser.registration)).toBe('denied');
    expect(server.calls.filter((one) => one.rpc !== 'list_conversations')).toEqual([]);
  });
});

it('an app registers its token and takes it back', async () => {
  const { server, client } = world;
  const device = { kind: 'apns', app: 'com.acme.app', token: 'ab'.repeat(32) } as const;
  await client.push.register(device);
  await client.push.forget(device);
  const named = { p_kind: 'apns', p_app: 'com.acme.app', p_token: device.token };
  expect(server.calls.filter((one) => one.rpc.endsWith('_device'))).toEqual([
    { rpc: 'register_device', args: named }, { rpc: 'forget_device', args: named },
  ]);
});
