import './style.css';

import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { type Given, GivenContext } from './App.js';
import { Auth } from './auth/session.js';
import { readConfig } from './config.js';
import { router } from './routes.js';
import { ProblemBox } from './shell/Problem.js';
import { speakFor, useSpeech } from './text/speaking.js';

function Root({ given }: { given: Given }) {
  const speech = useSpeech();
  return <GivenContext value={given}><RouterProvider key={speech} router={router} /></GivenContext>;
}

async function start(): Promise<void> {
  const root = createRoot(document.getElementById('app') as HTMLElement);
  await speakFor(null);
  try {
    const config = await readConfig();
    root.render(
      <StrictMode>
        <Root given={{ auth: new Auth(config), config }} />
      </StrictMode>,
    );
  } catch (thrown) {
    root.render(<ProblemBox problem={thrown} onRetry={() => location.reload()} />);
  }
}

void start();
