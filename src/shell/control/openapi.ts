/** OpenAPI 3.1 of /v1/, from the schemas that requests and answers are read by. */
import { z } from 'zod';
import { commandSchema } from '../../failover/commands.ts';
import {
  auditAnswer,
  boardAnswer,
  fleetAnswer,
  movesAnswer,
  placesAnswer,
  plansAnswer,
  problemAnswer,
  runAnswer,
  runsAnswer,
  storedAnswer,
  stressAnswer,
  switchesAnswer,
} from './answers.ts';
import { firewallAnswer } from './firewall-answers.ts';
import { mirrorsAnswer } from './mirror-answers.ts';
import { RUN_VERBS, reassertSchema } from './writes.ts';

type Json = Record<string, unknown>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const made: Json = { ...z.toJSONSchema(schema, { io, unrepresentable: 'any' }) };
  delete made.$schema;
  return made;
};

/** A token or a certificate may give the name instead. */
const byOptional = ({ required, ...schema }: Json): Json => ({
  ...schema,
  required: Array.isArray(required) ? required.filter((name) => name !== 'by') : required,
});

function commandJson(): Json {
  const { oneOf, anyOf, ...rest } = schemaOf(commandSchema, 'input');
  const kinds = (oneOf ?? anyOf) as Json[];
  return { ...rest, oneOf: kinds.map(byOptional) };
}

const content = (schema: Json, type = 'application/json'): Json => ({
  content: { [type]: { schema } },
});
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const asProblem = (description: string): Json => ({
  description,
  ...content(ref('Problem'), 'application/problem+json'),
});

const parameter = (name: string, where: string, description: string, type = 'string'): Json => ({
  name,
  in: where,
  description,
  required: where === 'path',
  schema: { type },
});

const REFUSED: Json = {
  400: asProblem('The request can’t be read: every mistake'),
  401: asProblem('A token is needed'),
  403: asProblem('The token may read only, or the request comes from a page of another origin'),
  404: asProblem('No such thing, or no fleet is declared'),
  421: asProblem('Host is not a name of this gate'),
};
const WRITE_REFUSED: Json = {
  ...REFUSED,
  409: asProblem('Somebody else was first; shows the current board'),
  412: asProblem('The board has another epoch than If-Match; shows the current board'),
  413: asProblem('More than 64 KiB'),
  415: asProblem('Not JSON'),
  422: asProblem('Refused: rule, message, what would pass'),
  429: asProblem('More than 20 commands in a second'),
  503: asProblem('The store can’t be reached; says whether anything was changed'),
};

const get = (summary: string, answer: z.ZodType, parameters: readonly Json[] = []): Json => ({
  get: {
    summary,
    parameters,
    responses: { 200: { description: 'OK', ...content(schemaOf(answer, 'output')) }, ...REFUSED },
  },
});

const IF_MATCH = parameter('If-Match', 'header', 'The epoch the board must have, as "12"');

const post = (summary: string, body: Json, parameters: readonly Json[] = []): Json => ({
  post: {
    summary,
    parameters: [IF_MATCH, ...parameters],
    requestBody: { required: true, ...content(body) },
    responses: {
      200: { description: 'Stored, or the forecast of a dry run', ...content(ref('Stored')) },
      ...WRITE_REFUSED,
    },
  },
});

const RUN_ID = parameter('id', 'path', 'As r12');
const DRY_RUN: readonly Json[] = [
  parameter('dry-run', 'query', '1: forecast, nothing is stored'),
  parameter('uid', 'query', 'With dry-run: show this user at each step, again for more'),
];

function build(): Json {
  const verb = (name: string): [string, Json] => [
    `/v1/runs/{id}/${name}`,
    post(`${name} a run`, ref('RunWord'), [RUN_ID]),
  ];
  return {
    openapi: '3.1.0',
    info: { title: 'zonegate control API', version: '1' },
    components: {
      schemas: {
        Command: commandJson(),
        RunWord: { ...byOptional(schemaOf(reassertSchema, 'input')), additionalProperties: true },
        Stored: schemaOf(storedAnswer, 'output'),
        Problem: schemaOf(problemAnswer, 'output'),
      },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        certificate: { type: 'mutualTLS' },
      },
    },
    security: [{ token: [] }, { certificate: [] }, {}],
    paths: {
      '/v1/board': get('All switches, as one document', boardAnswer),
      '/v1/places': get('Cities, IDCs and zones as they stand', placesAnswer),
      '/v1/switches': get('Switches in force', switchesAnswer),
      '/v1/moves': get('Shards under way', movesAnswer),
      '/v1/runs': get('Runs under way, and the last that are over', runsAnswer),
      '/v1/runs/{id}': get('One run with its log', runAnswer, [RUN_ID]),
      ...Object.fromEntries(RUN_VERBS.map(verb)),
      '/v1/plans': get('Declared plans', plansAnswer),
      '/v1/fleet': get('Gates, their epochs and lags, who is missing', fleetAnswer),
      '/v1/stress': get('Load tests: what is declared, stopped, under way', stressAnswer),
      '/v1/mirrors': get(
        'What this gate copies, and what the copies’ answers showed',
        mirrorsAnswer,
      ),
      '/v1/firewall': get('Policies, their modes, rules and networks that are out', firewallAnswer),
      '/v1/audit': get('The trail, newest first', auditAnswer, [
        parameter('limit', 'query', '1 to 1000; 50 when absent', 'integer'),
      ]),
      '/v1/commands': post('Give a command', ref('Command'), DRY_RUN),
      '/v1/reassert': post(
        'Put this gate’s board into a store that went backwards',
        byOptional(schemaOf(reassertSchema, 'input')),
      ),
      '/v1/openapi.json': { get: { summary: 'This', responses: { 200: { description: 'OK' } } } },
    },
  };
}

let built: Json | null = null;

export function openApi(): Json {
  built ??= build();
  return built;
}
