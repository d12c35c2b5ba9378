import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    outDir: "../gateway/web/dist",
    emptyOutDir: true,
    // The page's policy forbids data: URLs and inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": "http://127.0.0.1:5000", "/health": "http://127.0.0.1:5000" } },
  test: { environment: "jsdom", include: ["src/**/*.test.ts"] },
});
