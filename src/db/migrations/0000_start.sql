CREATE TABLE "audit_records" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_records_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"intent_id" bigint,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"account_id" uuid,
	"session_id" uuid,
	"action" text NOT NULL,
	"method" text NOT NULL,
	"endpoint" text NOT NULL,
	"resource_id" text,
	"payload" jsonb,
	"severity" text NOT NULL,
	"ip_address" text NOT NULL,
	"user_agent" text NOT NULL,
	"correlation_id" text NOT NULL,
	"outcome" text,
	"status_code" integer,
	"latency_ms" integer,
	CONSTRAINT "audit_records_kind" CHECK ("audit_records"."kind" in ('intent', 'outcome', 'event')),
	CONSTRAINT "audit_records_intent_of_outcome" CHECK (("audit_records"."kind" = 'outcome') = ("audit_records"."intent_id" is not null))
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"plan" text NOT NULL,
	"source" text NOT NULL,
	"from" timestamp with time zone NOT NULL,
	"until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "grants_plan" CHECK ("grants"."plan" in ('free', 'basic', 'pro', 'premium')),
	CONSTRAINT "grants_source" CHECK ("grants"."source" in ('stripe', 'voucher', 'trial', 'admin')),
	CONSTRAINT "grants_period" CHECK ("grants"."until" is null or "grants"."until" > "grants"."from")
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"ajax_user_id" text NOT NULL,
	"email" text NOT NULL,
	"upstream" text NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_login_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "accounts_ajax_user_id_unique" UNIQUE("ajax_user_id")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"refresh_id" text NOT NULL,
	"previous_refresh_id" text,
	"rotated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ip_address" text NOT NULL,
	"user_agent" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "coordinator_lease" (
	"row" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"epoch" bigint NOT NULL,
	"serial" bigint NOT NULL,
	"holder" text,
	"url" text,
	"until" timestamp (3) with time zone NOT NULL,
	"incarnation" text,
	CONSTRAINT "coordinator_lease_one_row" CHECK ("coordinator_lease"."row" = 1)
);
--> statement-breakpoint
CREATE TABLE "coordinator_records" (
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	"expires_at" timestamp (3) with time zone,
	CONSTRAINT "coordinator_records_kind_key_pk" PRIMARY KEY("kind","key")
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_records_account" ON "audit_records" USING btree ("account_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "audit_records_intent" ON "audit_records" USING btree ("intent_id");--> statement-breakpoint
CREATE INDEX "grants_account" ON "grants" USING btree ("account_id","until");--> statement-breakpoint
CREATE INDEX "sessions_account" ON "sessions" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "coordinator_records_expiry" ON "coordinator_records" USING btree ("expires_at") WHERE "coordinator_records"."expires_at" is not null;