// What is pushed while nobody looks: shown as it came, and a tap leads to its conversation.

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('push', (event) => event.waitUntil(tell(event.data.json())));
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(lead(event.notification.data));
});

async function tell({ title, ...shown }) {
  // The number on the icon, where there is one: nothing waits for it.
  self.navigator.setAppBadge?.(shown.data.badge).catch(() => undefined);
  await self.registration.showNotification(title, shown);
}

async function lead({ url, thread_id }) {
  const [open] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (!open) return self.clients.openWindow(url);
  open.postMessage({ thread_id });
  return open.focus();
}
