import assert from 'node:assert/strict';
import type { Incident } from '../../../src/diagnosis/diagnose.ts';
import type { Probe } from '../../../src/linters/probe.ts';

function holes(text: string): string[] {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))].sort();
}

/** Both languages of each message have the same placeholders. */
export function checkMessages(probe: Probe): void {
  for (const [name, { en, zh }] of Object.entries(probe.messages)) {
    assert.deepEqual(holes(en), holes(zh), name);
    assert.match(zh, /\p{Script=Han}/u, name);
  }
}

/** What an incident says exists, with data for each placeholder, and each change can be taken back. */
export function checkSaid(probe: Probe, incident: Incident, label: string): void {
  const said = [
    incident.summary,
    ...incident.subjects.flatMap(({ evidence, wouldProve, actions }) => [
      ...evidence.map(({ explains }) => explains),
      ...wouldProve,
      ...actions.map(({ title }) => title),
    ]),
  ];
  for (const { messageId, data } of said) {
    const message = probe.messages[messageId];
    assert.ok(message, `${label}: ${messageId}`);
    for (const hole of holes(message.en)) assert.ok(data && hole in data, `${label}: ${messageId} lacks ${hole}`);
  }
  for (const { actions } of incident.subjects) {
    for (const { risk, undo } of actions) assert.ok(risk === 'read' || (undo ?? '') !== '', label);
  }
}
