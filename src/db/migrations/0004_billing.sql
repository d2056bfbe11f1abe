CREATE TABLE "redeem_counters" (
	"key" text PRIMARY KEY NOT NULL,
	"points" integer DEFAULT 0 NOT NULL,
	"expire" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "voucher_redemptions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"voucher_id" uuid NOT NULL,
	"account_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stripe_customers" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"deleted_at" timestamp with time zone,
	"begun" integer DEFAULT 0 NOT NULL,
	"written" integer DEFAULT 0 NOT NULL,
	"written_from" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stripe_events" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"customer_id" text,
	"charge_id" text,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stripe_invoices" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"number" text,
	"status" text NOT NULL,
	"plan" text,
	"total" bigint NOT NULL,
	"currency" text NOT NULL,
	"url" text,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stripe_subscriptions" (
	"id" text PRIMARY KEY NOT NULL,
	"customer_id" text NOT NULL,
	"account_id" uuid NOT NULL,
	"status" text NOT NULL,
	"plan" text,
	"item_id" text,
	"period_end" timestamp with time zone,
	"ends_with_period" boolean NOT NULL,
	"problems" text[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "trials" (
	"key" text PRIMARY KEY NOT NULL,
	"started_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "usage_days" (
	"account_id" uuid NOT NULL,
	"day" date NOT NULL,
	"fetched" integer DEFAULT 0 NOT NULL,
	"cached" integer DEFAULT 0 NOT NULL,
	"refused" integer DEFAULT 0 NOT NULL,
	"commands" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "usage_days_account_id_day_pk" PRIMARY KEY("account_id","day")
);
--> statement-breakpoint
CREATE TABLE "vouchers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"plan" text NOT NULL,
	"days" integer NOT NULL,
	"uses" integer DEFAULT 1 NOT NULL,
	"used" integer DEFAULT 0 NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"batch" text,
	"note" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "vouchers_code_unique" UNIQUE("code"),
	CONSTRAINT "vouchers_plan" CHECK ("vouchers"."plan" in ('free', 'basic', 'pro', 'premium')),
	CONSTRAINT "vouchers_days" CHECK ("vouchers"."days" > 0),
	CONSTRAINT "vouchers_uses" CHECK ("vouchers"."used" between 0 and "vouchers"."uses")
);
--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "days" integer;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "reference" text;--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "voucher_redemptions" ADD CONSTRAINT "voucher_redemptions_voucher_id_vouchers_id_fk" FOREIGN KEY ("voucher_id") REFERENCES "public"."vouchers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stripe_subscriptions" ADD CONSTRAINT "stripe_subscriptions_customer_id_stripe_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."stripe_customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "voucher_redemptions_once" ON "voucher_redemptions" USING btree ("account_id","voucher_id");--> statement-breakpoint
CREATE INDEX "stripe_customers_account" ON "stripe_customers" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "stripe_invoices_account" ON "stripe_invoices" USING btree ("account_id","created_at");--> statement-breakpoint
CREATE INDEX "stripe_subscriptions_account" ON "stripe_subscriptions" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "vouchers_batch" ON "vouchers" USING btree ("batch");--> statement-breakpoint
CREATE UNIQUE INDEX "grants_reference" ON "grants" USING btree ("source","reference") WHERE "grants"."ended_at" is null and "grants"."reference" is not null;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_days" CHECK ("grants"."days" is null or ("grants"."days" > 0 and "grants"."until" is null));