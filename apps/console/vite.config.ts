import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/**
 * The page is plain files that hold under a strict Content-Security-Policy: nothing is inlined, neither
 * scripts nor data: URLs, and nothing is asked of another host.
 */
export default defineConfig({
  plugins: [react()],
  base: './',
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:7400' } },
});
