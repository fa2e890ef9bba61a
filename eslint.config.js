import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const own = [
  'plopfile.ts',
  '*.config.ts',
  'generators/**/*.ts',
  'templates/**/*.ts',
  'scripts/**/*.ts',
  'test/**/*.ts',
  'bench/**/*.ts',
];

export default defineConfig(
  globalIgnores([
    'dist/',
    'coverage/',
    '.cases/',
    '.rendered/',
    'test/cases/*/*/expected/',
    'test/goldens/',
    'test/generators/older-templates/',
    'fixtures/*/eslint.config.js',
  ]),
  {
    files: own,
    extends: [
      js.configs.recommended,
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
    ],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['generators/**/*.ts', 'plopfile.ts'],
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': ['error', { max: 40 }],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [js.configs.recommended],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        URL: 'readonly',
        module: 'writable',
        require: 'readonly',
        __dirname: 'readonly',
      },
    },
  },
  {
    // Fixtures are other people's repos: checked for mistakes, not for our style, and without our tsconfig.
    files: ['fixtures/**/*.ts'],
    // What they disable is for a linter of their own.
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    extends: [js.configs.recommended, tseslint.configs.recommended],
    languageOptions: { parserOptions: { tsconfigRootDir: import.meta.dirname } },
  },
);
