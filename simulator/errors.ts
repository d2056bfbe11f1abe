/** Error bodies in the upstream's form: `ErrorMessage`, and `ArmingErrors` for arming. */

export interface ErrorDetail {
  readonly resource?: string;
  readonly field?: string;
  readonly code?: string;
  readonly message?: string;
}

export interface RejectionReason {
  readonly sourceType: string;
  readonly sourceId: string;
  readonly code: string;
}

export function errorMessage(message: string, errors?: readonly ErrorDetail[]) {
  return { message, messageId: crypto.randomUUID(), ...(errors && { errors }) };
}

function refuse(status: number, message: string, errors?: readonly ErrorDetail[]): Response {
  return Response.json(errorMessage(message, errors), { status });
}

export const badRequest = (message: string, errors?: readonly ErrorDetail[]) => refuse(400, message, errors);
export const unauthorized = (message = 'User is not authorized') => refuse(401, message);
export const forbidden = (resource: string) => refuse(403, 'Forbidden', [{ resource }]);
export const notFound = () => refuse(404, 'Not found');
export const wrongState = (message: string) => refuse(412, message);
export const tooLarge = () => refuse(413, 'Image file size must not exceed 8 megabytes.');
export const notImitated = () => refuse(501, 'The simulator does not imitate this operation');

export const invalid = (errors: readonly ErrorDetail[]) => refuse(422, 'Validation error', errors);

/** 503 with a message about one hub: the upstream as a whole is well. */
export const hubOffline = (userId: string, hubId: string, command: string) =>
  refuse(
    503,
    `Undelivered, Hub is offline: UNDELIVERED_RECEIVER_OFFLINE for request UserId=${userId}, HubId=${hubId}, Command=${command}`,
  );

export const armingRefused = (rejectionReasons: readonly RejectionReason[]) =>
  Response.json({ message: 'Some condition prevented hub from arming', rejectionReasons }, { status: 412 });

export const methodNotAllowed = (allowed: readonly string[]) =>
  Response.json(errorMessage('Method not allowed'), { status: 405, headers: { allow: allowed.join(', ') } });
