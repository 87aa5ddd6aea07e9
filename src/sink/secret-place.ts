import { z } from 'zod';

/** `{env: NAME}` or `{file: PATH}`: a secret itself never stands in a configuration. */
export const secretPlace = z.union([
  z.strictObject({ env: z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'the name of an environment variable, in capitals') }),
  z.strictObject({ file: z.string().min(1) }),
]);
