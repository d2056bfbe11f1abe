/** What the Dockerfile says, stage by stage. */
import { readFileSync } from 'node:fs';
import { DockerfileParser } from 'dockerfile-ast';

export const dockerfileText = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');

export interface Instruction {
  readonly keyword: string;
  /** Continued lines joined. */
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

export function readDockerfile(): readonly Stage[] {
  const stages: { name: string; instructions: Instruction[] }[] = [];
  for (const instruction of DockerfileParser.parse(dockerfileText).getInstructions()) {
    const keyword = instruction.getKeyword();
    const { start, end } = instruction.getRange();
    const lines = dockerfileText
      .split('\n')
      .slice(start.line, end.line + 1)
      .join('\n');
    const text = lines
      .slice(keyword.length)
      .replace(/\\\n\s*/g, '')
      .trim();
    if (keyword === 'FROM') stages.push({ name: / AS (\w+)$/.exec(text)?.[1] ?? 'image', instructions: [] });
    else stages.at(-1)?.instructions.push({ keyword, text });
  }
  return stages;
}

/** The command of CMD or HEALTHCHECK of the image, in exec form. */
export function imageCommand(keyword: 'CMD' | 'HEALTHCHECK'): string[] {
  const text = valuesOf(keyword).at(-1) ?? '';
  return JSON.parse(/\[.*\]$/.exec(text)?.[0] ?? 'null') as string[];
}

export function imageEnvironment(): Readonly<Record<string, string>> {
  const pairs = valuesOf('ENV').flatMap((text) => [...text.matchAll(/(\w+)=(\S+)/g)]);
  return Object.fromEntries(pairs.map(([, name, value]) => [name ?? '', value ?? '']));
}

export function valuesOf(keyword: string): string[] {
  const image = readDockerfile().at(-1)?.instructions ?? [];
  return image.filter((instruction) => instruction.keyword === keyword).map(({ text }) => text);
}
