/** The addresses of the desk. Search parameters are typed: what an address says is read once, and never trusted. */

import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';

import { readContact, readDeliveries, readTasks } from './admin/places.js';
import { readLog } from './admin/log.js';
import { App } from './App.js';
import { readSeries } from './board/place.js';
import { readPeriod } from './board/shape.js';
import { Screen } from './inbox/Screen.js';
import { readPlace } from './inbox/views.js';
import { Lost } from './shell/Lost.js';

const frame = createRootRoute({ component: App });
const inbox = createRoute({ getParentRoute: () => frame, path: '/', validateSearch: readPlace, component: Screen });
const screens = [
  createRoute({ getParentRoute: () => frame, path: '/contacts', validateSearch: readContact, component: lazyRouteComponent(() => import('./admin/Contacts.js'), 'Contacts') }),
  createRoute({ getParentRoute: () => frame, path: '/tasks', validateSearch: readTasks, component: lazyRouteComponent(() => import('./admin/Tasks.js'), 'Tasks') }),
  createRoute({ getParentRoute: () => frame, path: '/reviews', component: lazyRouteComponent(() => import('./admin/Reviews.js'), 'Reviews') }),
  createRoute({ getParentRoute: () => frame, path: '/policy', component: lazyRouteComponent(() => import('./admin/Policy.js'), 'Policy') }),
  createRoute({ getParentRoute: () => frame, path: '/deliveries', validateSearch: readDeliveries, component: lazyRouteComponent(() => import('./admin/Deliveries.js'), 'Deliveries') }),
  createRoute({ getParentRoute: () => frame, path: '/channels', component: lazyRouteComponent(() => import('./admin/Channels.js'), 'Channels') }),
  createRoute({ getParentRoute: () => frame, path: '/knowledge', component: lazyRouteComponent(() => import('./admin/Knowledge.js'), 'Knowledge') }),
  createRoute({ getParentRoute: () => frame, path: '/members', component: lazyRouteComponent(() => import('./admin/Members.js'), 'Members') }),
  createRoute({ getParentRoute: () => frame, path: '/settings', component: lazyRouteComponent(() => import('./admin/Settings.js'), 'Settings') }),
  createRoute({ getParentRoute: () => frame, path: '/viewer', component: lazyRouteComponent(() => import('./admin/Viewer.js'), 'Viewer') }),
  createRoute({ getParentRoute: () => frame, path: '/audit', validateSearch: readLog, component: lazyRouteComponent(() => import('./admin/Audit.js'), 'Audit') }),
  createRoute({ getParentRoute: () => frame, path: '/operations', validateSearch: readPeriod, component: lazyRouteComponent(() => import('./board/Operations.js'), 'Operations') }),
  createRoute({ getParentRoute: () => frame, path: '/operations/series', validateSearch: readSeries, component: lazyRouteComponent(() => import('./board/Metric.js'), 'Metric') }),
  createRoute({ getParentRoute: () => frame, path: '/start', component: lazyRouteComponent(() => import('./guide/Guide.js'), 'Start') }),
] as const;

export const router = createRouter({ routeTree: frame.addChildren([inbox, ...screens]), basepath: '/dashboard', defaultNotFoundComponent: Lost });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
