import hooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(globalIgnores(["node_modules", "src/api/schema.d.ts"]), {
  files: ["**/*.{ts,tsx}"],
  extends: [
    ...tseslint.configs.strictTypeChecked,
    ...tseslint.configs.stylisticTypeChecked,
    hooks.configs.flat.recommended,
  ],
  languageOptions: { parserOptions: { projectService: true } },
  rules: {
    "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    // An empty title is as good as none.
    "@typescript-eslint/prefer-nullish-coalescing": [
      "error",
      { ignorePrimitives: { string: true } },
    ],
  },
});
