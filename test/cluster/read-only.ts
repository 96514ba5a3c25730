import type { AuditEvent } from './control-plane.ts';

/** What the program calls itself; the tests' own client has no slash. */
const PROGRAM = /^runbook-lens\//;
const REVIEWS = /^selfsubject(?:access|rules)?reviews$/;
/** Of pods and Services only these; `exec`, `attach` and `portforward` are GETs too, on the wire. */
const SUBRESOURCES: Readonly<Record<string, string>> = { log: 'pods', proxy: 'services' };

/**
 * The calls that break what the program promises: it gets and lists, asks what it may do (SelfSubject*Reviews), reads logs and, if told to,
 * Services through the API server's proxy; it never asks for Secrets.
 * @param events of the API server's audit log, of any user
 * @param agent whose calls are judged, by user agent
 * @returns one line for each broken promise
 */
export function brokenPromises(events: readonly AuditEvent[], agent: RegExp = PROGRAM): string[] {
  return events.filter(({ userAgent = '' }) => agent.test(userAgent)).flatMap((event) => (isAllowed(event) ? [] : [lineOf(event)]));
}

function isAllowed({ verb, objectRef }: AuditEvent): boolean {
  const { resource = '', subresource } = objectRef ?? {};
  if (verb === 'create') return REVIEWS.test(resource) && subresource === undefined;
  if ((verb !== 'get' && verb !== 'list') || resource === 'secrets') return false;
  return subresource === undefined || SUBRESOURCES[subresource] === resource;
}

function lineOf({ user, verb, requestURI, userAgent }: AuditEvent): string {
  return `${verb} ${requestURI} (${user.username}, ${userAgent})`;
}
