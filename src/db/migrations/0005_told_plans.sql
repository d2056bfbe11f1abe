CREATE TABLE "told_plans" (
	"account_id" uuid PRIMARY KEY NOT NULL,
	"plan" text,
	"warned_until" timestamp with time zone,
	"due_at" timestamp with time zone,
	CONSTRAINT "told_plans_plan" CHECK ("told_plans"."plan" in ('free', 'basic', 'pro', 'premium'))
);
--> statement-breakpoint
CREATE INDEX "told_plans_due" ON "told_plans" USING btree ("due_at");--> statement-breakpoint
INSERT INTO "told_plans" ("account_id", "due_at") SELECT DISTINCT "account_id", now() FROM "grants";
