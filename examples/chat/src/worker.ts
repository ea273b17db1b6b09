/** The service worker that shows pushes (`public/sw.js`): registered once, and what it asks of the page. */

let registered: Promise<ServiceWorkerRegistration | null> | undefined;

/** Null where there are no service workers: an old browser, or a page that came over plain http from elsewhere. */
export function worker(): Promise<ServiceWorkerRegistration | null> {
  registered ??= register();
  return registered;
}

async function register(): Promise<ServiceWorkerRegistration | null> {
  if (!('serviceWorker' in navigator)) return null;
  navigator.serviceWorker.addEventListener('message', ({ data }) => {
    // Somebody tapped what was pushed, while this page was open.
    if (typeof data?.thread_id === 'string') location.hash = data.thread_id;
  });
  await navigator.serviceWorker.register('sw.js');
  return navigator.serviceWorker.ready;
}
