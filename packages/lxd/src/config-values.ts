/** Values of config keys as they are natural to write; the server takes texts alone. */
export type ConfigValue = string | number | boolean;
export type Config = Readonly<Record<string, ConfigValue>>;

export const configTexts = (config: Config = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)]));

export type Devices = Readonly<Record<string, Config>>;

export const deviceTexts = (devices: Devices = {}): Record<string, Record<string, string>> =>
  Object.fromEntries(Object.entries(devices).map(([name, device]) => [name, configTexts(device)]));
