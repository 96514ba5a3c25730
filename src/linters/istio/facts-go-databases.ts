import { mayOpenPool, type SqlPool, type TargetPart } from '../../code/index.ts';
import type { Component } from '../../model/component.ts';
import type { Container } from '../../model/container.ts';
import type { Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor } from '../../text/source.ts';
import { addressInText, addressInVariable, isOutside } from './database-address.ts';
import { type ExternalDatabase, hostAt } from './facts-databases.ts';
import { soleContainer } from './sole-container.ts';

const NONE: readonly SqlPool[] = [];

/** Most components open no database: their code isn't read for it. */
const poolsOf = oncePer((component: Component): readonly SqlPool[] =>
  component.sources.some(mayOpenPool) ? component.code.sqlPools : NONE,
);

/**
 * Databases outside the cluster that a Go service opens with `database/sql`, whose connections live for ever unless the code says otherwise
 * (https://pkg.go.dev/database/sql#DB.SetConnMaxLifetime). Only where one container is known to run the code and the address has one value.
 */
export function goDatabases(unit: Unit): ExternalDatabase[] {
  return unit.components.flatMap((use): ExternalDatabase[] => {
    const sole = soleContainer(use);
    if (!sole) return [];
    const { container, pod } = sole;
    return poolsOf(use.component).flatMap((pool): ExternalDatabase[] => {
      const [target] = pool.targets;
      const pieces = target?.confidence === 'high' ? piecesOf(target.parts, container) : undefined;
      if (!pieces) return [];
      const text = pieces.map((piece) => piece.text).join('');
      const address = pool.form === 'address' ? addressInVariable('MYSQL_ADDR', text, undefined) : addressInText(text);
      const at = address && isOutside(address.host) ? placeOf(pieces, address.start, address.host.length) : undefined;
      if (!address || !at) return [];
      return [{ ...address, pod, at, pool: { at: pool.at, name: 'SetConnMaxLifetime', text: undefined, halfHour: undefined } }];
    });
  });
}

/** A stretch of the address and where it is written. */
interface Piece {
  readonly text: string;
  readonly place: (start: number, length: number) => Anchor;
}

/** `undefined`: some part of it isn't known. */
function piecesOf(parts: readonly TargetPart[], container: Container): Piece[] | undefined {
  const pieces: Piece[] = [];
  for (const part of parts) {
    const variable = part.kind === 'env' ? container.env.variables.get(part.name) : undefined;
    if (part.kind === 'text') {
      const { text, at, plain } = part;
      pieces.push({
        text,
        place: (start, length) => (plain ? { file: at.file, start: at.start + start, end: at.start + start + length } : at),
      });
    } else if (variable?.value.known) {
      pieces.push({ text: variable.value.value, place: (start, length) => hostAt(variable, start, length) });
    } else {
      // The code's own default holds where the variable is surely not set.
      const absent = part.kind === 'env' && !variable && container.env.unseen.length === 0;
      const fallback = absent && part.fallback ? piecesOf(part.fallback, container) : undefined;
      if (!fallback) return undefined;
      pieces.push(...fallback);
    }
  }
  return pieces;
}

/** Where the host is written; `undefined` when it is put together out of several pieces. */
function placeOf(pieces: readonly Piece[], start: number, length: number): Anchor | undefined {
  let from = 0;
  for (const { text, place } of pieces) {
    if (start >= from && start + length <= from + text.length) return place(start - from, length);
    from += text.length;
  }
  return undefined;
}
