/**
 * Document: the parts of an OpenAPI document that ours has, and schemas in words and examples.
 */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  enum?: (string | null)[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  description?: string;
  minimum?: number;
};

export type Parameter = {
  name: string;
  in: 'path' | 'query';
  required: boolean;
  description?: string;
  schema: Schema;
};

type Content = { content?: Record<string, { schema: Schema }> };

/** JSON, or a text of whatever type. */
export function schemaIn({ content = {} }: Content): Schema | undefined {
  return Object.values(content)[0]?.schema;
}

export type Operation = {
  summary: string;
  description?: string;
  security: object[];
  parameters?: Parameter[];
  requestBody?: Content;
  responses: Record<string, Content & { description: string }>;
};

export type Api = {
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

/** The schema as a type, the way TypeScript writes it; a named one by its name. */
export function typeText(schema: Schema, indent = ''): string {
  const { $ref, enum: words, anyOf, oneOf, type, items } = schema;
  if ($ref !== undefined) return nameOf($ref);
  if (words !== undefined) return words.map((word) => JSON.stringify(word)).join(' | ');
  const choices = anyOf ?? oneOf;
  if (choices !== undefined) {
    return choices.map((choice) => typeText(choice, indent)).join(' | ');
  }
  if (Array.isArray(type)) return type.join(' | ');
  if (type === 'array') return `${typeText(items ?? {}, indent)}[]`;
  if (type === 'object') return objectText(schema, indent);
  return type ?? 'any';
}

function objectText(
  { properties, required, additionalProperties }: Schema,
  indent: string,
): string {
  if (properties === undefined) {
    const value = typeof additionalProperties === 'object' ? typeText(additionalProperties) : 'any';
    return `{ [name]: ${value} }`;
  }
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([name, schema]) => {
    const mark = required?.includes(name) ? '' : '?';
    const why = schema.description === undefined ? '' : `  // ${schema.description}`;
    return `${inner}${name}${mark}: ${typeText(schema, inner)}${why}`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

/** A body to begin with: every field that must be there. */
export function example(schema: Schema): unknown {
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.type === 'integer') return schema.minimum ?? 0;
  if (schema.type === 'boolean') return false;
  if (schema.type !== 'object') return '';
  const { properties = {}, required = [] } = schema;
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => required.includes(name))
      .map(([name, inner]) => [name, example(inner)]),
  );
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
