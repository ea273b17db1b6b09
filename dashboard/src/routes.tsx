/** The addresses of the desk. Search parameters are typed: what an address says is read once, and never trusted. */

import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';

import { App } from './App.js';
import { readPlace } from './inbox/views.js';

const frame = createRootRoute();
const inbox = createRoute({ getParentRoute: () => frame, path: '/', validateSearch: readPlace, component: App });

export const router = createRouter({ routeTree: frame.addChildren([inbox]), basepath: '/dashboard' });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
