import { capital } from './formats.ts';
import type { MailWords, Texts } from './words.ts';

const texts: Texts = {
  payment: {
    received: ({ amount, currency, plan }, { money }) => ({
      title: 'Pago recibido',
      message: `${money(amount, currency)} por el plan ${capital(plan)}. Gracias.`,
    }),
    failed: ({ amount, currency, retry_at }, { money, day }) => ({
      title: 'Pago fallido',
      message:
        `No se han podido cobrar ${money(amount, currency)}. Comprueba tu medio de pago.` +
        (retry_at === null ? '' : ` El próximo intento es el ${day(retry_at)}.`),
    }),
    refunded: ({ amount, currency }, { money }) => ({
      title: 'Pago devuelto',
      message: `Te devolvemos ${money(amount, currency)}.`,
    }),
  },
  plan_change: {
    changed: ({ from, to }) => ({
      title: `Ahora tienes el plan ${capital(to)}`,
      message: `Antes tenías ${capital(from)}.`,
    }),
    ending: ({ plan, until }, { moment }) => ({
      title: `Tu plan ${capital(plan)} termina`,
      message: `Lo tienes hasta el ${moment(until)}.`,
    }),
    ended: ({ plan, now }) => ({
      title: `Tu plan ${capital(plan)} ha terminado`,
      message: `Ahora tienes el plan ${capital(now)}.`,
    }),
    trial_started: ({ plan, until }, { moment }) => ({
      title: `Prueba ${capital(plan)}`,
      message: `Tienes todo lo del plan ${capital(plan)} hasta el ${moment(until)}, sin coste.`,
    }),
    granted: ({ plan, until }, { moment }) => ({
      title: `Te han dado el plan ${capital(plan)}`,
      message: until === null ? 'No tiene fecha de fin.' : `Dura hasta el ${moment(until)}.`,
    }),
  },
  voucher: {
    redeemed: ({ plan, days, until }, { moment }) => ({
      title: 'Cupón aplicado',
      message: `${capital(plan)} durante ${days} ${days === 1 ? 'día' : 'días'}${until === null ? ', cuando termine tu plan actual' : `, hasta el ${moment(until)}`}.`,
    }),
  },
  security: {
    new_place: ({ address, device, at }, { moment }) => ({
      title: 'Inicio de sesión desde un lugar nuevo',
      message: `Alguien ha iniciado sesión en tu cuenta desde ${address} el ${moment(at)}. Si no has sido tú, cambia tu contraseña de Ajax.`,
      details: `Programa: ${device}`,
    }),
    sign_in_locked: ({ address, until }, { moment }) => ({
      title: 'Demasiados inicios de sesión fallidos',
      message: `Alguien en ${address} ha probado contraseñas erróneas para tu cuenta y está bloqueado hasta el ${moment(until)}.`,
    }),
  },
  operator: {
    operator_key_invalid: () => ({
      title: 'Ajax rechaza la clave de API',
      message: 'Nadie puede usar esta pasarela hasta que AJAX_API_KEYS tenga una clave válida.',
    }),
    upstream_throttled: () => ({
      title: 'Ajax limita la clave de API',
      message: 'Ajax dice que se ha superado el límite. ¿Usa otro programa la misma clave?',
    }),
    upstream_stopped: ({ by, reason }) => ({
      title: 'Todas las peticiones a Ajax están paradas',
      message: `Las ha parado ${by}.${reason === null ? '' : ` Motivo: ${reason}`}`,
    }),
    payment_problem: ({ problem, subject }) => ({
      title: 'Un pago necesita atención',
      message: `${problem}: ${subject}. docs/billing.md explica qué significa y qué hacer.`,
    }),
    jobs_failed: ({ job, count, reason }) => ({
      title: 'Un trabajo en segundo plano ha fallado definitivamente',
      message: `${job}: ${count === 1 ? 'un trabajo ha fallado' : `${count} trabajos han fallado`} en todos los intentos. Último motivo: ${reason}`,
    }),
    upstream_resumed: ({ by }) => ({
      title: 'Las peticiones a Ajax siguen de nuevo',
      message: `Las ha reanudado ${by}.`,
    }),
  },
  support: {
    received: ({ subject }) => ({
      title: 'Tenemos tu mensaje',
      message: `Tu mensaje «${subject}» ha llegado. Te contestaremos por correo.`,
    }),
    received_from_stranger: () => ({
      title: 'Tenemos tu mensaje',
      message:
        'Ha llegado un mensaje con tu dirección de correo. Te contestaremos por correo. Si no es tuyo, ignora este aviso.',
    }),
    request: ({ subject, category, from, text }) => ({
      title: `Soporte: ${subject}`,
      message: `${from} ha escrito sobre ${category}.`,
      details: text,
    }),
  },
  webhook: {
    test: () => ({ title: 'Prueba', message: 'Esta es una prueba de tu webhook.' }),
    disabled: ({ url }) => ({
      title: 'Un webhook está desactivado',
      message: `${url} ha fallado demasiado tiempo y ya no recibe nada. Repáralo y actívalo de nuevo.`,
    }),
  },
  hub_event: {},
};

const mail: MailWords = {
  open: 'Abrir el panel',
  why: (name) => `Recibes este correo porque tienes una cuenta en ${name}.`,
  unsubscribe: 'No recibir más correos de este tipo',
  confirm: { title: 'Darse de baja', message: '¿No quieres recibir más correos de este tipo?' },
  unsubscribed: {
    title: 'Te has dado de baja',
    message: 'Ya no recibes correos de este tipo. Puedes cambiarlo en el panel.',
  },
};

export const es = { texts, mail };
