import './style.css';

import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { GivenContext } from './App.js';
import { Auth } from './auth/session.js';
import { readConfig } from './config.js';
import { router } from './routes.js';
import { ProblemBox } from './shell/Problem.js';

async function start(): Promise<void> {
  const root = createRoot(document.getElementById('app') as HTMLElement);
  try {
    const config = await readConfig();
    root.render(
      <StrictMode>
        <GivenContext value={{ auth: new Auth(config), config }}>
          <RouterProvider router={router} />
        </GivenContext>
      </StrictMode>,
    );
  } catch (thrown) {
    root.render(<ProblemBox problem={thrown} onRetry={() => location.reload()} />);
  }
}

void start();
