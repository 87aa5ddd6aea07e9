import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

/** A refusal that goes to the client as it is (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly retryable = false;
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** The body of a problem. `type` is `about:blank`: the status says what kind it is. */
export function problemBody(status: number, detail: string, instance: string, errors?: readonly FieldError[]): object {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail, instance, ...(errors === undefined ? {} : { errors }) };
}

interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** Sends a problem. */
export function sendProblem(reply: FastifyReply, status: number, detail: string, errors?: readonly FieldError[]): void {
  // The path alone: a query may hold what nobody should find in a log.
  const instance = reply.request.url.split('?')[0].slice(0, 200);
  void reply
    .code(status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(problemBody(status, detail, instance, errors));
}

/** Turns everything that went wrong into a problem; what is our fault is told to `onTrouble` and not to the client. */
export function problemHandler(
  onTrouble: (error: Error) => void,
): (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void {
  return (error, _request, reply) => {
    if (error instanceof Problem) return sendProblem(reply, error.status, error.message);
    if (hasZodFastifySchemaValidationErrors(error)) {
      const errors = error.validation.map((v) => ({
        field: `${error.validationContext ?? 'request'}${v.instancePath.replaceAll('/', '.')}`,
        message: v.message ?? 'is wrong',
      }));
      return sendProblem(reply, 400, errors.map((e) => `${e.field}: ${e.message}`).join('; '), errors);
    }
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, status, error.message);
    onTrouble(error);
    return sendProblem(reply, 500, 'something is wrong here; it has been noted');
  };
}
