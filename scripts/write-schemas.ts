/**
 * Writes `schemas/configuration.schema.json` from the settings table and the rules. A test compares; run this after adding a rule:
 *
 *   npm run schemas          (or: node_modules/.bin/node scripts/write-schemas.ts)
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configurationSchemaText } from '../src/configuration/schema.ts';
import { ALL_RULES } from '../src/service/engine-setup.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const catalogue: unknown = JSON.parse(readFileSync(join(root, 'data', 'rules-catalogue.json'), 'utf8'));
const later = Array.isArray(catalogue) ? catalogue.filter((id) => typeof id === 'string') : [];
writeFileSync(join(root, 'schemas', 'configuration.schema.json'), configurationSchemaText(ALL_RULES, later));
