import { For, type JSX } from 'solid-js';
import type { Hub } from '../api/types.ts';
import { nameHubModel, writeConnection } from '../hubs/hub-words.ts';

/** The hub itself: power, links, firmware. */
export function HubFacts(props: { readonly hub: Hub }): JSX.Element {
  return (
    <section class="panel facts" aria-labelledby="facts-title">
      <h2 id="facts-title" class="panel__title">
        Hub
      </h2>
      <dl class="facts__list">
        <For each={readFacts(props.hub)}>
          {([term, value]) => (
            <div class="facts__row">
              <dt>{term}</dt>
              <dd>{value}</dd>
            </div>
          )}
        </For>
      </dl>
    </section>
  );
}

function readFacts(hub: Hub): readonly (readonly [string, string])[] {
  const battery = hub.battery?.chargeLevelPercentage;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Model', nameHubModel(hub.hub_subtype)],
    ['Connection', writeConnection(hub)],
    ['Power', writePower(hub)],
    ['Battery', typeof battery === 'number' ? `${battery} %` : undefined],
    ['Mobile signal', hub.gsm?.signalLevel ? writeWord(hub.gsm.signalLevel) : undefined],
    ['Lid', hub.tampered === null ? undefined : hub.tampered ? 'Open' : 'Closed'],
    ['Firmware', writeFirmware(hub)],
    ['Your role', hub.role ? writeRole(hub.role) : undefined],
  ];
  return facts.flatMap(([term, value]) => (value === undefined ? [] : [[term, value] as const]));
}

function writePower(hub: Hub): string | undefined {
  if (hub.externallyPowered === null) return undefined;
  return hub.externallyPowered ? 'Mains' : 'Battery';
}

function writeFirmware(hub: Hub): string | undefined {
  const { version, newVersionAvailable, latestAvailableVersion } = hub.firmware ?? {};
  if (!version) return undefined;
  return newVersionAvailable ? `${version}, ${latestAvailableVersion ?? 'a newer one'} is ready` : version;
}

function writeRole(role: string): string {
  if (role === 'MASTER') return 'Administrator';
  return role === 'PRO' ? 'Installer' : 'User';
}

const writeWord = (value: string): string => {
  const words = value.replace(/_/g, ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};
