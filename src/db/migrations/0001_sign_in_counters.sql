CREATE TABLE "sign_in_counters" (
	"key" text PRIMARY KEY NOT NULL,
	"points" integer DEFAULT 0 NOT NULL,
	"expire" timestamp with time zone
);
--> statement-breakpoint
CREATE INDEX "sign_in_counters_expire" ON "sign_in_counters" USING btree ("expire");