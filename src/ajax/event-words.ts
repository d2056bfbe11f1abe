/** Words for the events people meet most, by tag in lower case. The first gateway had seven, in Spanish only. */

export const eventLanguages = ['en', 'es'] as const;
export type EventLanguage = (typeof eventLanguages)[number];

const words: Readonly<Record<string, Readonly<Record<EventLanguage, string>>>> = {
  arm: { en: 'Armed', es: 'Sistema armado' },
  armattempt: { en: 'Arming failed', es: 'Intento de armado fallido' },
  armwithmalfunctions: { en: 'Armed despite problems', es: 'Armado con incidencias' },
  disarm: { en: 'Disarmed', es: 'Sistema desarmado' },
  grouparm: { en: 'Group armed', es: 'Grupo armado' },
  groupdisarm: { en: 'Group disarmed', es: 'Grupo desarmado' },
  nightmodeon: { en: 'Night mode on', es: 'Modo nocturno activado' },
  nightmodeoff: { en: 'Night mode off', es: 'Modo nocturno desactivado' },
  alarm: { en: 'Alarm', es: 'Alarma' },
  intrusionalarm: { en: 'Intrusion alarm', es: 'Alarma de intrusión' },
  sos: { en: 'Panic button', es: 'Botón de pánico' },
  panicbuttonpressed: { en: 'Panic button', es: 'Botón de pánico' },
  motion: { en: 'Motion detected', es: 'Movimiento detectado' },
  motiondetected: { en: 'Motion detected', es: 'Movimiento detectado' },
  dooropened: { en: 'Opened', es: 'Apertura detectada' },
  doorclosed: { en: 'Closed', es: 'Cierre detectado' },
  glassbreakdetected: { en: 'Glass break detected', es: 'Rotura de cristal detectada' },
  smokedetected: { en: 'Smoke detected', es: 'Humo detectado' },
  temperatureabovethreshold: { en: 'High temperature', es: 'Temperatura alta' },
  codetected: { en: 'Carbon monoxide detected', es: 'Monóxido de carbono detectado' },
  leakagedetected: { en: 'Water leak detected', es: 'Fuga de agua detectada' },
  tamperopened: { en: 'Lid opened', es: 'Tapa abierta' },
  tamperclosed: { en: 'Lid closed', es: 'Tapa cerrada' },
  batterylow: { en: 'Battery low', es: 'Batería baja' },
  lowbattery: { en: 'Battery low', es: 'Batería baja' },
  batterycharged: { en: 'Battery charged', es: 'Batería cargada' },
  powerloss: { en: 'Mains power lost', es: 'Corte de corriente' },
  externalpowerdisconnected: { en: 'Mains power lost', es: 'Corte de corriente' },
  externalpowerrestored: { en: 'Mains power restored', es: 'Corriente restablecida' },
  offline: { en: 'Connection lost', es: 'Conexión perdida' },
  online: { en: 'Connection restored', es: 'Conexión restablecida' },
  serverconnectionloss: { en: 'Hub lost its connection', es: 'El hub perdió la conexión' },
  serverconnectionrestored: { en: 'Hub is connected again', es: 'El hub recuperó la conexión' },
  switchedon: { en: 'Switched on', es: 'Encendido' },
  switchedoff: { en: 'Switched off', es: 'Apagado' },
};

/** What happened, in words; a tag nobody has words for stays as it is. */
export function describeEvent(tag: string, language: EventLanguage): string {
  const key = tag.toLowerCase();
  return (Object.hasOwn(words, key) && words[key]?.[language]) || tag;
}
