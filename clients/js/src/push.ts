/** Push: what is new is told to this browser, or to an app on this device, while nobody looks at it. */

import type { Rpc } from './rpc.js';

/** An app on a device: Firebase's project and registration token, or Apple's bundle id and device token. */
export interface PushDevice {
  kind: 'fcm' | 'apns';
  app: string;
  token: string;
}

/** `denied`: the user forbade notifications, only he can take that back; `unsupported`: the browser has no push. */
export type PushState = 'on' | 'off' | 'denied' | 'unsupported';

export class Push {
  constructor(private readonly rpc: Rpc) {}

  /** Whether this browser is subscribed. Ask for it to draw a switch. */
  async state(registration: ServiceWorkerRegistration): Promise<PushState> {
    if (!isSupported(registration)) return 'unsupported';
    if (Notification.permission === 'denied') return 'denied';
    return (await registration.pushManager.getSubscription()) ? 'on' : 'off';
  }

  /**
   * Subscribe this browser and register it for the signed-in user. Call it from a click the first time (the browser asks),
   * and at every start while `state` is `on`: that keeps the registration fresh. Answers the state; throws a ParleyError
   * when the server refuses.
   */
  async enable(registration: ServiceWorkerRegistration): Promise<PushState> {
    if (!isSupported(registration)) return 'unsupported';
    if ((await Notification.requestPermission()) !== 'granted') return Notification.permission === 'denied' ? 'denied' : 'off';
    const { public_key: key } = await this.rpc.pushKey();
    let browser = await registration.pushManager.getSubscription();
    if (browser && !isOf(browser, key)) {
      // The installation signs with another key now: what the old one subscribed reaches nobody.
      await browser.unsubscribe();
      browser = null;
    }
    browser ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const { endpoint, keys } = browser.toJSON();
    await this.rpc.registerPush(endpoint ?? browser.endpoint, keys?.['p256dh'] ?? '', keys?.['auth'] ?? '');
    return 'on';
  }

  /**
   * End it on this browser. Call it before signing out on a device that others use. A server that cannot be told (the
   * ParleyError thrown says so) hears of it from the push service, at the next push.
   */
  async disable(registration: ServiceWorkerRegistration): Promise<PushState> {
    if (!isSupported(registration)) return 'unsupported';
    const browser = await registration.pushManager.getSubscription();
    if (browser) {
      await browser.unsubscribe();
      await this.rpc.forgetPush(browser.endpoint);
    }
    return Notification.permission === 'denied' ? 'denied' : 'off';
  }

  /** Register a native app; at every start, and whenever the token changes. */
  async register(device: PushDevice): Promise<void> {
    await this.rpc.registerDevice(device.kind, device.app, device.token);
  }

  /** Stop pushing to a native app: when its user signs out. */
  async forget(device: PushDevice): Promise<void> {
    await this.rpc.forgetDevice(device.kind, device.app, device.token);
  }
}

function isSupported(registration: ServiceWorkerRegistration): boolean {
  return 'pushManager' in registration && typeof Notification === 'function';
}

/** Whether a subscription was made for a key (base64url of the uncompressed point). */
function isOf(browser: PushSubscription, key: string): boolean {
  const used = browser.options.applicationServerKey;
  if (!used) return true;
  const text = btoa(String.fromCharCode(...new Uint8Array(used)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') === key;
}
