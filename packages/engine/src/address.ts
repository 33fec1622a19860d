/** Where an engine listens, as `http.request` takes it. */
export interface EngineAddress {
  readonly text: string;
  readonly target: { socketPath: string } | { host: string; port: number };
}

/**
 * Reads `/path/to.sock`, `unix:///path/to.sock`, `tcp://host:port`, `http://host:port`. Throws on anything else:
 * an engine behind TLS or ssh is reached through a socket that such a tunnel gives.
 */
export function parseAddress(text: string): EngineAddress {
  if (text.startsWith('/')) return { text, target: { socketPath: text } };
  if (text.startsWith('unix://')) return { text: text.slice(7), target: { socketPath: text.slice(7) } };
  const match = /^(?:tcp|http):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(text);
  if (!match?.[1]) throw new TypeError(`not the address of a Docker Engine: ${text}`);
  const port = Number(match[2] ?? 2375);
  return { text: `${match[1]}:${port}`, target: { host: match[1].replace(/^\[|\]$/g, ''), port } };
}
