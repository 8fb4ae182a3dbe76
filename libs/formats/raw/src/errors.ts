import { statusOf, type FailedRequest, type Failure, type WireAnswer } from '#registry';

/** Plain HTTP: the status, which is nobody's special wish here, says what a script needs; the text and the reason phrase what its reader needs. */
export function renderError(failure: Failure, _request: FailedRequest): WireAnswer {
  const status = statusOf(failure.code);
  const headers: Record<string, string> = { 'Content-Type': 'text/plain; charset=utf-8' };
  if (status === 401) headers['WWW-Authenticate'] = 'Basic realm="Larder", charset="UTF-8"';
  const size = failure.details['sizeBytes'];
  if (failure.code === 'range-not-satisfiable' && typeof size === 'number')
    headers['Content-Range'] = `bytes */${size}`;
  return { status, headers, body: `${failure.message}\n`, reason: failure.message };
}
