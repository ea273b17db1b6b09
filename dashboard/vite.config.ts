import { fileURLToPath } from 'node:url';

import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/dashboard/',
  plugins: [tailwindcss()],
  resolve: {
    alias: { 'parley-client/live': fileURLToPath(new URL('../clients/js/src/live.ts', import.meta.url)) },
    dedupe: ['react', 'react-dom', '@supabase/supabase-js'],
  },
  oxc: { jsx: { runtime: 'automatic' } },
  build: { target: 'es2022', sourcemap: true, modulePreload: { polyfill: false } },
});
