import { defineConfig } from 'vite';

/** The page is one script, one style sheet and no address of anybody else: a strict content policy fits it as it is. */
export default defineConfig({
  root: import.meta.dirname ?? new URL('.', import.meta.url).pathname,
  base: './',
  publicDir: 'public',
  clearScreen: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    sourcemap: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // Names without a hash: the server revalidates by ETag, and a page that is open survives a rebuild.
    rolldownOptions: { output: { entryFileNames: 'page.js', assetFileNames: 'page[extname]' } },
  },
});
