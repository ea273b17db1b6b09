import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vite';

const library = (file: string) => fileURLToPath(new URL(`../../clients/js/src/${file}`, import.meta.url));

export default defineConfig({
  base: './',
  resolve: {
    // The library as it stands beside us, and one supabase-js and one React for both.
    alias: { 'parley-client/react': library('react.ts'), 'parley-client': library('index.ts') },
    dedupe: ['react', 'react-dom', '@supabase/supabase-js'],
  },
  oxc: { jsx: { runtime: 'automatic' } },
  build: { target: 'es2022', sourcemap: true },
});
