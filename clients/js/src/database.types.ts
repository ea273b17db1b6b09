// Made by `.venv/bin/python -m scripts.database_types` with the Supabase CLI; not written by hand.
// Schema: 83b7ae5c43a405705a8ab9694e844396

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  "public": {
    Tables: {
      "access_denials": {
        Row: {
          "action": string;
          "actor": string;
          "actor_tenant_id": string | null;
          "at": string;
          "id": string;
          "object_id": string;
          "object_kind": string;
          "surface": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "action": string;
          "actor": string;
          "actor_tenant_id"?: string | null;
          "at"?: string;
          "id"?: string;
          "object_id": string;
          "object_kind": string;
          "surface": string;
          "tenant_id": string;
        };
        Update: {
          "action"?: string;
          "actor"?: string;
          "actor_tenant_id"?: string | null;
          "at"?: string;
          "id"?: string;
          "object_id"?: string;
          "object_kind"?: string;
          "surface"?: string;
          "tenant_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "access_denials_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "access_denials_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "access_denials_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "access_denials_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "access_denials_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "active_moderation": {
        Row: {
          "activated_at": string;
          "activated_by": string;
          "tenant_id": string;
          "version": number;
        };
        ComputedFields: never;
        Insert: {
          "activated_at"?: string;
          "activated_by": string;
          "tenant_id": string;
          "version": number;
        };
        Update: {
          "activated_at"?: string;
          "activated_by"?: string;
          "tenant_id"?: string;
          "version"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "active_moderation_tenant_id_version_fkey";
            columns: ["tenant_id", "version"];
            isOneToOne: false;
            referencedRelation: "moderation_policies";
            referencedColumns: ["tenant_id", "version"];
          },
        ];
      };
      "active_tenants": {
        Row: {
          "tenant_id": string;
          "updated_at": string;
          "user_id": string;
        };
        ComputedFields: never;
        Insert: {
          "tenant_id": string;
          "updated_at"?: string;
          "user_id": string;
        };
        Update: {
          "tenant_id"?: string;
          "updated_at"?: string;
          "user_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "active_tenants_tenant_id_user_id_fkey";
            columns: ["tenant_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "admin_users";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "active_tenants_tenant_id_user_id_fkey";
            columns: ["tenant_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "admin_users";
            referencedColumns: ["tenant_id", "user_id"];
          },
          {
            foreignKeyName: "active_tenants_tenant_id_user_id_fkey";
            columns: ["tenant_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "tenant_members";
            referencedColumns: ["tenant_id", "user_id"];
          },
        ];
      };
      "agent_comments": {
        Row: {
          "comment": string;
          "created_at": string;
          "created_by": string;
          "id": string;
          "kind": string | null;
          "message_id": string;
          "tenant_id": string;
          "verdict_id": string | null;
          "visibility": string;
        };
        ComputedFields: never;
        Insert: {
          "comment": string;
          "created_at"?: string;
          "created_by": string;
          "id"?: string;
          "kind"?: string | null;
          "message_id": string;
          "tenant_id": string;
          "verdict_id"?: string | null;
          "visibility": string;
        };
        Update: {
          "comment"?: string;
          "created_at"?: string;
          "created_by"?: string;
          "id"?: string;
          "kind"?: string | null;
          "message_id"?: string;
          "tenant_id"?: string;
          "verdict_id"?: string | null;
          "visibility"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "agent_comments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "agent_comments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "agent_comments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "agent_comments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "agent_comments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "agent_comments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "agent_comments_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "moderation_verdicts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "agent_comments_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "security_actions";
            referencedColumns: ["tenant_id", "verdict_id"];
          },
          {
            foreignKeyName: "agent_comments_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "security_outcomes";
            referencedColumns: ["tenant_id", "verdict_id"];
          },
        ];
      };
      "ai_calls": {
        Row: {
          "case_id": string | null;
          "cost_usd": number | null;
          "finished_at": string | null;
          "id": string;
          "model": string;
          "month": string;
          "most_usd": number;
          "outcome": string | null;
          "prompt_version": string;
          "purpose": string;
          "started_at": string;
          "tenant_id": string;
          "tokens_in": number | null;
          "tokens_out": number | null;
        };
        ComputedFields: never;
        Insert: {
          "case_id"?: string | null;
          "cost_usd"?: number | null;
          "finished_at"?: string | null;
          "id"?: string;
          "model": string;
          "month": string;
          "most_usd": number;
          "outcome"?: string | null;
          "prompt_version": string;
          "purpose": string;
          "started_at"?: string;
          "tenant_id": string;
          "tokens_in"?: number | null;
          "tokens_out"?: number | null;
        };
        Update: {
          "case_id"?: string | null;
          "cost_usd"?: number | null;
          "finished_at"?: string | null;
          "id"?: string;
          "model"?: string;
          "month"?: string;
          "most_usd"?: number;
          "outcome"?: string | null;
          "prompt_version"?: string;
          "purpose"?: string;
          "started_at"?: string;
          "tenant_id"?: string;
          "tokens_in"?: number | null;
          "tokens_out"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "ai_calls_tenant_id_month_fkey";
            columns: ["tenant_id", "month"];
            isOneToOne: false;
            referencedRelation: "ai_months";
            referencedColumns: ["tenant_id", "month"];
          },
        ];
      };
      "ai_months": {
        Row: {
          "calls": number;
          "month": string;
          "refused": number;
          "spent_usd": number;
          "tenant_id": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "calls"?: number;
          "month": string;
          "refused"?: number;
          "spent_usd"?: number;
          "tenant_id": string;
          "updated_at"?: string;
        };
        Update: {
          "calls"?: number;
          "month"?: string;
          "refused"?: number;
          "spent_usd"?: number;
          "tenant_id"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "ai_months_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "ai_months_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "ai_months_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "ai_months_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "ai_months_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "api_keys": {
        Row: {
          "created_at": string;
          "created_by": string | null;
          "expires_at": string | null;
          "hint": string;
          "id": string;
          "last_used_at": string | null;
          "name": string;
          "revoked_at": string | null;
          "scopes": (string)[];
          "secret_digest": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "created_by"?: string | null;
          "expires_at"?: string | null;
          "hint": string;
          "id"?: string;
          "last_used_at"?: string | null;
          "name": string;
          "revoked_at"?: string | null;
          "scopes": (string)[];
          "secret_digest": string;
          "tenant_id": string;
        };
        Update: {
          "created_at"?: string;
          "created_by"?: string | null;
          "expires_at"?: string | null;
          "hint"?: string;
          "id"?: string;
          "last_used_at"?: string | null;
          "name"?: string;
          "revoked_at"?: string | null;
          "scopes"?: (string)[];
          "secret_digest"?: string;
          "tenant_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "api_keys_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "api_keys_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "api_keys_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "api_keys_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "api_keys_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "audit_checkpoints": {
        Row: {
          "at": string;
          "digest": string;
          "feed_epoch": number;
          "from_xid": unknown;
          "number": number;
          "rows_covered": number;
          "tenant_id": string;
          "until_xid": unknown;
        };
        ComputedFields: never;
        Insert: {
          "at"?: string;
          "digest": string;
          "feed_epoch": number;
          "from_xid": unknown;
          "number": number;
          "rows_covered": number;
          "tenant_id": string;
          "until_xid": unknown;
        };
        Update: {
          "at"?: string;
          "digest"?: string;
          "feed_epoch"?: number;
          "from_xid"?: unknown;
          "number"?: number;
          "rows_covered"?: number;
          "tenant_id"?: string;
          "until_xid"?: unknown;
        };
        Relationships: [
          {
            foreignKeyName: "audit_checkpoints_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_checkpoints_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_checkpoints_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_checkpoints_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_checkpoints_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "audit_log": {
        Row: {
          "action": string;
          "actor": string;
          "at": string;
          "details": NonNullable<Json>;
          "feed_epoch": number;
          "id": string;
          "object_id": string | null;
          "object_kind": string;
          "tenant_id": string;
          "xid": unknown;
        };
        ComputedFields: never;
        Insert: {
          "action": string;
          "actor": string;
          "at"?: string;
          "details"?: NonNullable<Json>;
          "feed_epoch"?: number;
          "id"?: string;
          "object_id"?: string | null;
          "object_kind": string;
          "tenant_id": string;
          "xid"?: unknown;
        };
        Update: {
          "action"?: string;
          "actor"?: string;
          "at"?: string;
          "details"?: NonNullable<Json>;
          "feed_epoch"?: number;
          "id"?: string;
          "object_id"?: string | null;
          "object_kind"?: string;
          "tenant_id"?: string;
          "xid"?: unknown;
        };
        Relationships: [
          {
            foreignKeyName: "audit_log_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_log_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_log_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_log_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_log_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "bid_cards": {
        Row: {
          "attributes": NonNullable<Json>;
          "awarded_bid_id": string | null;
          "budget_max": number | null;
          "budget_min": number | null;
          "category": string | null;
          "closes_at": string | null;
          "created_at": string;
          "currency": string;
          "customer_id": string;
          "description": string | null;
          "id": string;
          "location": string | null;
          "project_id": string | null;
          "status": string;
          "status_changed_at": string;
          "tenant_id": string;
          "title": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "attributes"?: NonNullable<Json>;
          "awarded_bid_id"?: string | null;
          "budget_max"?: number | null;
          "budget_min"?: number | null;
          "category"?: string | null;
          "closes_at"?: string | null;
          "created_at"?: string;
          "currency"?: string;
          "customer_id": string;
          "description"?: string | null;
          "id"?: string;
          "location"?: string | null;
          "project_id"?: string | null;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id": string;
          "title": string;
          "updated_at"?: string;
        };
        Update: {
          "attributes"?: NonNullable<Json>;
          "awarded_bid_id"?: string | null;
          "budget_max"?: number | null;
          "budget_min"?: number | null;
          "category"?: string | null;
          "closes_at"?: string | null;
          "created_at"?: string;
          "currency"?: string;
          "customer_id"?: string;
          "description"?: string | null;
          "id"?: string;
          "location"?: string | null;
          "project_id"?: string | null;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id"?: string;
          "title"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "bid_cards_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bid_cards_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bid_cards_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bid_cards_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bid_cards_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bid_cards_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "bid_cards_tenant_id_id_awarded_bid_id_fkey";
            columns: ["tenant_id", "id", "awarded_bid_id"];
            isOneToOne: false;
            referencedRelation: "contractor_bids";
            referencedColumns: ["tenant_id", "bid_card_id", "id"];
          },
          {
            foreignKeyName: "bid_cards_tenant_id_project_id_customer_id_fkey";
            columns: ["tenant_id", "project_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "projects";
            referencedColumns: ["tenant_id", "id", "customer_id"];
          },
        ];
      };
      "blocked_messages_log": {
        Row: {
          "bid_card_id": string | null;
          "blocked_at": string;
          "context_id": string | null;
          "context_kind": string | null;
          "id": string;
          "kinds": (string)[];
          "message_id": string;
          "policy_version": number;
          "retention": string;
          "sender_contact_id": string | null;
          "sender_user_id": string | null;
          "tenant_id": string;
          "thread_id": string;
          "verdict_id": string;
        };
        ComputedFields: never;
        Insert: {
          "bid_card_id"?: string | null;
          "blocked_at"?: string;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "id"?: string;
          "kinds": (string)[];
          "message_id": string;
          "policy_version": number;
          "retention"?: string;
          "sender_contact_id"?: string | null;
          "sender_user_id"?: string | null;
          "tenant_id": string;
          "thread_id": string;
          "verdict_id": string;
        };
        Update: {
          "bid_card_id"?: string | null;
          "blocked_at"?: string;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "id"?: string;
          "kinds"?: (string)[];
          "message_id"?: string;
          "policy_version"?: number;
          "retention"?: string;
          "sender_contact_id"?: string | null;
          "sender_user_id"?: string | null;
          "tenant_id"?: string;
          "thread_id"?: string;
          "verdict_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "blocked_messages_log_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "blocked_messages_log_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "blocked_messages_log_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "blocked_messages_log_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "blocked_messages_log_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "blocked_messages_log_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "blocked_messages_log_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: true;
            referencedRelation: "moderation_verdicts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "blocked_messages_log_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: true;
            referencedRelation: "security_actions";
            referencedColumns: ["tenant_id", "verdict_id"];
          },
          {
            foreignKeyName: "blocked_messages_log_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: true;
            referencedRelation: "security_outcomes";
            referencedColumns: ["tenant_id", "verdict_id"];
          },
        ];
      };
      "bookings": {
        Row: {
          "attributes": NonNullable<Json>;
          "bid_id": string | null;
          "created_at": string;
          "currency": string;
          "customer_id": string;
          "description": string | null;
          "ends_at": string | null;
          "id": string;
          "kind": string;
          "location": string | null;
          "price": number | null;
          "project_id": string | null;
          "provider_id": string;
          "requested_by": string;
          "starts_at": string | null;
          "status": string;
          "status_changed_at": string;
          "tenant_id": string;
          "title": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "attributes"?: NonNullable<Json>;
          "bid_id"?: string | null;
          "created_at"?: string;
          "currency"?: string;
          "customer_id": string;
          "description"?: string | null;
          "ends_at"?: string | null;
          "id"?: string;
          "kind"?: string;
          "location"?: string | null;
          "price"?: number | null;
          "project_id"?: string | null;
          "provider_id": string;
          "requested_by"?: string;
          "starts_at"?: string | null;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id": string;
          "title": string;
          "updated_at"?: string;
        };
        Update: {
          "attributes"?: NonNullable<Json>;
          "bid_id"?: string | null;
          "created_at"?: string;
          "currency"?: string;
          "customer_id"?: string;
          "description"?: string | null;
          "ends_at"?: string | null;
          "id"?: string;
          "kind"?: string;
          "location"?: string | null;
          "price"?: number | null;
          "project_id"?: string | null;
          "provider_id"?: string;
          "requested_by"?: string;
          "starts_at"?: string | null;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id"?: string;
          "title"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "bookings_tenant_id_bid_id_provider_id_fkey";
            columns: ["tenant_id", "bid_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contractor_bids";
            referencedColumns: ["tenant_id", "id", "provider_id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_project_id_customer_id_fkey";
            columns: ["tenant_id", "project_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "projects";
            referencedColumns: ["tenant_id", "id", "customer_id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "broadcast_recipients": {
        Row: {
          "broadcast_id": string;
          "contact_id": string;
          "message_id": string;
          "seq": number;
          "tenant_id": string;
          "thread_id": string;
        };
        ComputedFields: never;
        Insert: {
          "broadcast_id": string;
          "contact_id": string;
          "message_id": string;
          "seq": number;
          "tenant_id": string;
          "thread_id": string;
        };
        Update: {
          "broadcast_id"?: string;
          "contact_id"?: string;
          "message_id"?: string;
          "seq"?: number;
          "tenant_id"?: string;
          "thread_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "broadcast_recipients_tenant_id_broadcast_id_fkey";
            columns: ["tenant_id", "broadcast_id"];
            isOneToOne: false;
            referencedRelation: "broadcast_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_broadcast_id_fkey";
            columns: ["tenant_id", "broadcast_id"];
            isOneToOne: false;
            referencedRelation: "broadcasts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "broadcasts": {
        Row: {
          "after_contact_id": string;
          "context_id": string | null;
          "context_kind": string | null;
          "created_at": string;
          "created_by": string;
          "delivered": number;
          "finished_at": string | null;
          "id": string;
          "message_id": string;
          "role": string | null;
          "segment_kind": string;
          "status": string;
          "tenant_id": string;
          "thread_id": string;
        };
        ComputedFields: never;
        Insert: {
          "after_contact_id"?: string;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "created_at"?: string;
          "created_by": string;
          "delivered"?: number;
          "finished_at"?: string | null;
          "id"?: string;
          "message_id": string;
          "role"?: string | null;
          "segment_kind": string;
          "status"?: string;
          "tenant_id": string;
          "thread_id": string;
        };
        Update: {
          "after_contact_id"?: string;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "created_at"?: string;
          "created_by"?: string;
          "delivered"?: number;
          "finished_at"?: string | null;
          "id"?: string;
          "message_id"?: string;
          "role"?: string | null;
          "segment_kind"?: string;
          "status"?: string;
          "tenant_id"?: string;
          "thread_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "broadcasts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcasts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcasts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "broadcasts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcasts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "broadcasts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcasts_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "broadcasts_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "broadcasts_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcasts_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcasts_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "canned_replies": {
        Row: {
          "body": string;
          "enabled": boolean;
          "id": string;
          "intent": string;
          "language": string | null;
          "tenant_id": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "body": string;
          "enabled"?: boolean;
          "id"?: string;
          "intent": string;
          "language"?: string | null;
          "tenant_id": string;
          "updated_at"?: string;
        };
        Update: {
          "body"?: string;
          "enabled"?: boolean;
          "id"?: string;
          "intent"?: string;
          "language"?: string | null;
          "tenant_id"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "canned_replies_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "canned_replies_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "canned_replies_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "canned_replies_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "canned_replies_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "connection_fees": {
        Row: {
          "amount": number;
          "bid_id": string;
          "created_at": string;
          "currency": string;
          "id": string;
          "payment_reference": string | null;
          "provider_id": string;
          "status": string;
          "status_changed_at": string;
          "tenant_id": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "amount": number;
          "bid_id": string;
          "created_at"?: string;
          "currency"?: string;
          "id"?: string;
          "payment_reference"?: string | null;
          "provider_id": string;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id": string;
          "updated_at"?: string;
        };
        Update: {
          "amount"?: number;
          "bid_id"?: string;
          "created_at"?: string;
          "currency"?: string;
          "id"?: string;
          "payment_reference"?: string | null;
          "provider_id"?: string;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "connection_fees_tenant_id_bid_id_provider_id_fkey";
            columns: ["tenant_id", "bid_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contractor_bids";
            referencedColumns: ["tenant_id", "id", "provider_id"];
          },
          {
            foreignKeyName: "connection_fees_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "connection_fees_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "connection_fees_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "connection_fees_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "connection_fees_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "connection_fees_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "contact_blocks": {
        Row: {
          "blocked_contact_id": string;
          "contact_id": string;
          "created_at": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "blocked_contact_id": string;
          "contact_id": string;
          "created_at"?: string;
          "tenant_id": string;
        };
        Update: {
          "blocked_contact_id"?: string;
          "contact_id"?: string;
          "created_at"?: string;
          "tenant_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "contact_blocks_tenant_id_blocked_contact_id_fkey";
            columns: ["tenant_id", "blocked_contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_blocks_tenant_id_blocked_contact_id_fkey";
            columns: ["tenant_id", "blocked_contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_blocks_tenant_id_blocked_contact_id_fkey";
            columns: ["tenant_id", "blocked_contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_blocks_tenant_id_blocked_contact_id_fkey";
            columns: ["tenant_id", "blocked_contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_blocks_tenant_id_blocked_contact_id_fkey";
            columns: ["tenant_id", "blocked_contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_blocks_tenant_id_blocked_contact_id_fkey";
            columns: ["tenant_id", "blocked_contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "contact_blocks_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_blocks_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_blocks_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_blocks_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_blocks_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_blocks_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "contact_consents": {
        Row: {
          "channel": string;
          "contact_id": string;
          "granted": boolean;
          "id": string;
          "purpose": string;
          "recorded_at": string;
          "recorded_by": string;
          "source": string;
          "tenant_id": string;
          "wording": string | null;
        };
        ComputedFields: never;
        Insert: {
          "channel": string;
          "contact_id": string;
          "granted": boolean;
          "id"?: string;
          "purpose": string;
          "recorded_at"?: string;
          "recorded_by": string;
          "source": string;
          "tenant_id": string;
          "wording"?: string | null;
        };
        Update: {
          "channel"?: string;
          "contact_id"?: string;
          "granted"?: boolean;
          "id"?: string;
          "purpose"?: string;
          "recorded_at"?: string;
          "recorded_by"?: string;
          "source"?: string;
          "tenant_id"?: string;
          "wording"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "contact_consents_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_consents_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_consents_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_consents_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_consents_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_consents_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "contact_identities": {
        Row: {
          "address": string;
          "contact_id": string;
          "created_at": string;
          "id": string;
          "kind": string;
          "tenant_id": string;
          "verified_at": string | null;
        };
        ComputedFields: never;
        Insert: {
          "address": string;
          "contact_id": string;
          "created_at"?: string;
          "id"?: string;
          "kind": string;
          "tenant_id": string;
          "verified_at"?: string | null;
        };
        Update: {
          "address"?: string;
          "contact_id"?: string;
          "created_at"?: string;
          "id"?: string;
          "kind"?: string;
          "tenant_id"?: string;
          "verified_at"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "contact_identities_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_identities_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_identities_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_identities_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_identities_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_identities_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "contact_mutes": {
        Row: {
          "appeal": string | null;
          "appeal_answered_at": string | null;
          "appeal_outcome": string | null;
          "appealed_at": string | null;
          "contact_id": string;
          "end_reason": string | null;
          "ended_at": string | null;
          "ended_by": string | null;
          "id": string;
          "muted_at": string;
          "note": string | null;
          "reason": string;
          "reasons": NonNullable<Json>;
          "score": number;
          "tenant_id": string;
          "until": string;
        };
        ComputedFields: never;
        Insert: {
          "appeal"?: string | null;
          "appeal_answered_at"?: string | null;
          "appeal_outcome"?: string | null;
          "appealed_at"?: string | null;
          "contact_id": string;
          "end_reason"?: string | null;
          "ended_at"?: string | null;
          "ended_by"?: string | null;
          "id"?: string;
          "muted_at"?: string;
          "note"?: string | null;
          "reason": string;
          "reasons": NonNullable<Json>;
          "score": number;
          "tenant_id": string;
          "until": string;
        };
        Update: {
          "appeal"?: string | null;
          "appeal_answered_at"?: string | null;
          "appeal_outcome"?: string | null;
          "appealed_at"?: string | null;
          "contact_id"?: string;
          "end_reason"?: string | null;
          "ended_at"?: string | null;
          "ended_by"?: string | null;
          "id"?: string;
          "muted_at"?: string;
          "note"?: string | null;
          "reason"?: string;
          "reasons"?: NonNullable<Json>;
          "score"?: number;
          "tenant_id"?: string;
          "until"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "contact_mutes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_mutes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_mutes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_mutes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_mutes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_mutes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "contact_reveals": {
        Row: {
          "event": string;
          "event_id": string | null;
          "id": string;
          "revealed_at": string;
          "revealed_by": string;
          "tenant_id": string;
          "thread_id": string;
        };
        ComputedFields: never;
        Insert: {
          "event": string;
          "event_id"?: string | null;
          "id"?: string;
          "revealed_at"?: string;
          "revealed_by": string;
          "tenant_id": string;
          "thread_id": string;
        };
        Update: {
          "event"?: string;
          "event_id"?: string | null;
          "id"?: string;
          "revealed_at"?: string;
          "revealed_by"?: string;
          "tenant_id"?: string;
          "thread_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "contact_reveals_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "contact_reveals_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "contact_reveals_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_reveals_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_reveals_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "contact_strikes": {
        Row: {
          "at": string;
          "contact_id": string;
          "id": string;
          "kind": string | null;
          "reason": string;
          "tenant_id": string;
          "verdict_id": string;
          "voided_at": string | null;
          "voided_by": string | null;
          "weight": number;
        };
        ComputedFields: never;
        Insert: {
          "at"?: string;
          "contact_id": string;
          "id"?: string;
          "kind"?: string | null;
          "reason": string;
          "tenant_id": string;
          "verdict_id": string;
          "voided_at"?: string | null;
          "voided_by"?: string | null;
          "weight": number;
        };
        Update: {
          "at"?: string;
          "contact_id"?: string;
          "id"?: string;
          "kind"?: string | null;
          "reason"?: string;
          "tenant_id"?: string;
          "verdict_id"?: string;
          "voided_at"?: string | null;
          "voided_by"?: string | null;
          "weight"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "contact_strikes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_strikes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_strikes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_strikes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_strikes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_strikes_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "contact_strikes_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "moderation_verdicts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contact_strikes_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "security_actions";
            referencedColumns: ["tenant_id", "verdict_id"];
          },
          {
            foreignKeyName: "contact_strikes_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "security_outcomes";
            referencedColumns: ["tenant_id", "verdict_id"];
          },
        ];
      };
      "contacts": {
        Row: {
          "attributes": NonNullable<Json>;
          "auth_user_id": string | null;
          "blocked_at": string | null;
          "company": string | null;
          "created_at": string;
          "display_name": string | null;
          "erased_at": string | null;
          "home_region": string | null;
          "id": string;
          "kind": string;
          "locale": string | null;
          "merged_into": string | null;
          "name_held": boolean;
          "tenant_id": string;
          "time_zone": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "attributes"?: NonNullable<Json>;
          "auth_user_id"?: string | null;
          "blocked_at"?: string | null;
          "company"?: string | null;
          "created_at"?: string;
          "display_name"?: string | null;
          "erased_at"?: string | null;
          "home_region"?: string | null;
          "id"?: string;
          "kind"?: string;
          "locale"?: string | null;
          "merged_into"?: string | null;
          "name_held"?: boolean;
          "tenant_id": string;
          "time_zone"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "attributes"?: NonNullable<Json>;
          "auth_user_id"?: string | null;
          "blocked_at"?: string | null;
          "company"?: string | null;
          "created_at"?: string;
          "display_name"?: string | null;
          "erased_at"?: string | null;
          "home_region"?: string | null;
          "id"?: string;
          "kind"?: string;
          "locale"?: string | null;
          "merged_into"?: string | null;
          "name_held"?: boolean;
          "tenant_id"?: string;
          "time_zone"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "context_participants": {
        Row: {
          "added_at": string;
          "contact_id": string;
          "context_id": string;
          "context_kind": string;
          "left_at": string | null;
          "role": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "added_at"?: string;
          "contact_id": string;
          "context_id": string;
          "context_kind": string;
          "left_at"?: string | null;
          "role"?: string;
          "tenant_id": string;
        };
        Update: {
          "added_at"?: string;
          "contact_id"?: string;
          "context_id"?: string;
          "context_kind"?: string;
          "left_at"?: string | null;
          "role"?: string;
          "tenant_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "context_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "context_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "context_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "context_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "context_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "context_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "contractor_bids": {
        Row: {
          "amount": number;
          "bid_card_id": string;
          "created_at": string;
          "currency": string;
          "customer_id": string;
          "days": number | null;
          "id": string;
          "proposal": string | null;
          "provider_id": string;
          "starts_on": string | null;
          "status": string;
          "status_changed_at": string;
          "tenant_id": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "amount": number;
          "bid_card_id": string;
          "created_at"?: string;
          "currency"?: string;
          "customer_id": string;
          "days"?: number | null;
          "id"?: string;
          "proposal"?: string | null;
          "provider_id": string;
          "starts_on"?: string | null;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id": string;
          "updated_at"?: string;
        };
        Update: {
          "amount"?: number;
          "bid_card_id"?: string;
          "created_at"?: string;
          "currency"?: string;
          "customer_id"?: string;
          "days"?: number | null;
          "id"?: string;
          "proposal"?: string | null;
          "provider_id"?: string;
          "starts_on"?: string | null;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "contractor_bids_tenant_id_bid_card_id_customer_id_fkey";
            columns: ["tenant_id", "bid_card_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "bid_cards";
            referencedColumns: ["tenant_id", "id", "customer_id"];
          },
          {
            foreignKeyName: "contractor_bids_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contractor_bids_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contractor_bids_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contractor_bids_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contractor_bids_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contractor_bids_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "delivery_receipts": {
        Row: {
          "applied_at": string | null;
          "diagnostic": string | null;
          "event_id": string;
          "external_message_id": string | null;
          "id": string;
          "kind": string;
          "machine": boolean;
          "message_id": string | null;
          "occurred_at": string | null;
          "provider": string;
          "received_at": string;
          "recipient": string | null;
          "status_code": string | null;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "applied_at"?: string | null;
          "diagnostic"?: string | null;
          "event_id": string;
          "external_message_id"?: string | null;
          "id"?: string;
          "kind": string;
          "machine"?: boolean;
          "message_id"?: string | null;
          "occurred_at"?: string | null;
          "provider": string;
          "received_at"?: string;
          "recipient"?: string | null;
          "status_code"?: string | null;
          "tenant_id": string;
        };
        Update: {
          "applied_at"?: string | null;
          "diagnostic"?: string | null;
          "event_id"?: string;
          "external_message_id"?: string | null;
          "id"?: string;
          "kind"?: string;
          "machine"?: boolean;
          "message_id"?: string | null;
          "occurred_at"?: string | null;
          "provider"?: string;
          "received_at"?: string;
          "recipient"?: string | null;
          "status_code"?: string | null;
          "tenant_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "delivery_receipts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "delivery_receipts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "delivery_receipts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "delivery_receipts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "delivery_receipts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "delivery_receipts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "dispatch_attempts": {
        Row: {
          "claimed_at": string;
          "delivery_class": string;
          "error": string | null;
          "error_code": string | null;
          "fence": number;
          "finished_at": string | null;
          "id": string;
          "idempotency_key": string;
          "number": number;
          "outcome": string | null;
          "provider": string | null;
          "provider_message_id": string | null;
          "queue_id": string;
          "send_started_at": string | null;
          "tenant_id": string;
          "worker": string;
        };
        ComputedFields: never;
        Insert: {
          "claimed_at"?: string;
          "delivery_class": string;
          "error"?: string | null;
          "error_code"?: string | null;
          "fence": number;
          "finished_at"?: string | null;
          "id"?: string;
          "idempotency_key": string;
          "number": number;
          "outcome"?: string | null;
          "provider"?: string | null;
          "provider_message_id"?: string | null;
          "queue_id": string;
          "send_started_at"?: string | null;
          "tenant_id": string;
          "worker": string;
        };
        Update: {
          "claimed_at"?: string;
          "delivery_class"?: string;
          "error"?: string | null;
          "error_code"?: string | null;
          "fence"?: number;
          "finished_at"?: string | null;
          "id"?: string;
          "idempotency_key"?: string;
          "number"?: number;
          "outcome"?: string | null;
          "provider"?: string | null;
          "provider_message_id"?: string | null;
          "queue_id"?: string;
          "send_started_at"?: string | null;
          "tenant_id"?: string;
          "worker"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "dispatch_attempts_tenant_id_queue_id_fkey";
            columns: ["tenant_id", "queue_id"];
            isOneToOne: false;
            referencedRelation: "contractor_outreach_attempts";
            referencedColumns: ["tenant_id", "attempt_id"];
          },
          {
            foreignKeyName: "dispatch_attempts_tenant_id_queue_id_fkey";
            columns: ["tenant_id", "queue_id"];
            isOneToOne: false;
            referencedRelation: "et_outbound_queue";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "escalations": {
        Row: {
          "action": string;
          "created_at": string;
          "decision_id": string | null;
          "id": string;
          "lane": string;
          "message_id": string;
          "policy_version": number;
          "reasons": (string)[];
          "rule": string;
          "signal": string;
          "stage": string;
          "task_id": string | null;
          "tenant_id": string;
          "thread_id": string;
          "until": string;
          "value": number;
          "verdict_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "action": string;
          "created_at"?: string;
          "decision_id"?: string | null;
          "id"?: string;
          "lane": string;
          "message_id": string;
          "policy_version": number;
          "reasons"?: (string)[];
          "rule": string;
          "signal": string;
          "stage": string;
          "task_id"?: string | null;
          "tenant_id": string;
          "thread_id": string;
          "until": string;
          "value": number;
          "verdict_id"?: string | null;
        };
        Update: {
          "action"?: string;
          "created_at"?: string;
          "decision_id"?: string | null;
          "id"?: string;
          "lane"?: string;
          "message_id"?: string;
          "policy_version"?: number;
          "reasons"?: (string)[];
          "rule"?: string;
          "signal"?: string;
          "stage"?: string;
          "task_id"?: string | null;
          "tenant_id"?: string;
          "thread_id"?: string;
          "until"?: string;
          "value"?: number;
          "verdict_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "escalations_tenant_id_decision_id_fkey";
            columns: ["tenant_id", "decision_id"];
            isOneToOne: false;
            referencedRelation: "inbound_decisions";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_policy_version_fkey";
            columns: ["tenant_id", "policy_version"];
            isOneToOne: false;
            referencedRelation: "moderation_policies";
            referencedColumns: ["tenant_id", "version"];
          },
          {
            foreignKeyName: "escalations_tenant_id_task_id_fkey";
            columns: ["tenant_id", "task_id"];
            isOneToOne: false;
            referencedRelation: "manual_tasks";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "moderation_verdicts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "security_actions";
            referencedColumns: ["tenant_id", "verdict_id"];
          },
          {
            foreignKeyName: "escalations_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "security_outcomes";
            referencedColumns: ["tenant_id", "verdict_id"];
          },
        ];
      };
      "et_channel_sessions": {
        Row: {
          "address": string;
          "channel": string;
          "checked_at": string | null;
          "config": NonNullable<Json>;
          "created_at": string;
          "id": string;
          "last_error": string | null;
          "last_error_at": string | null;
          "last_heartbeat_at": string | null;
          "last_inbound_at": string | null;
          "last_outbound_at": string | null;
          "name": string;
          "provider": string;
          "sender_address": string | null;
          "sender_name": string | null;
          "status": string;
          "status_reason": string | null;
          "templates_read_at": string | null;
          "tenant_id": string;
          "updated_at": string;
          "verified_at": string | null;
          "warm_up_from": string | null;
        };
        ComputedFields: never;
        Insert: {
          "address": string;
          "channel": string;
          "checked_at"?: string | null;
          "config"?: NonNullable<Json>;
          "created_at"?: string;
          "id"?: string;
          "last_error"?: string | null;
          "last_error_at"?: string | null;
          "last_heartbeat_at"?: string | null;
          "last_inbound_at"?: string | null;
          "last_outbound_at"?: string | null;
          "name": string;
          "provider": string;
          "sender_address"?: string | null;
          "sender_name"?: string | null;
          "status"?: string;
          "status_reason"?: string | null;
          "templates_read_at"?: string | null;
          "tenant_id": string;
          "updated_at"?: string;
          "verified_at"?: string | null;
          "warm_up_from"?: string | null;
        };
        Update: {
          "address"?: string;
          "channel"?: string;
          "checked_at"?: string | null;
          "config"?: NonNullable<Json>;
          "created_at"?: string;
          "id"?: string;
          "last_error"?: string | null;
          "last_error_at"?: string | null;
          "last_heartbeat_at"?: string | null;
          "last_inbound_at"?: string | null;
          "last_outbound_at"?: string | null;
          "name"?: string;
          "provider"?: string;
          "sender_address"?: string | null;
          "sender_name"?: string | null;
          "status"?: string;
          "status_reason"?: string | null;
          "templates_read_at"?: string | null;
          "tenant_id"?: string;
          "updated_at"?: string;
          "verified_at"?: string | null;
          "warm_up_from"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "et_channel_sessions_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_channel_sessions_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_channel_sessions_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_channel_sessions_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_channel_sessions_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "et_messages": {
        Row: {
          "auto_class": string;
          "based_on_seq": number | null;
          "body": string;
          "cause_id": string | null;
          "cause_kind": string | null;
          "channel": string;
          "channel_session_id": string | null;
          "client_message_id": string | null;
          "content_digest": string | null;
          "context_id": string | null;
          "context_kind": string | null;
          "control_epoch": number | null;
          "created_at": string;
          "deleted_at": string | null;
          "delivery_status": string;
          "direction": string;
          "edited_at": string | null;
          "erased_at": string | null;
          "external_message_id": string | null;
          "feed_epoch": number;
          "id": string;
          "language": string | null;
          "message_type": string;
          "metadata": NonNullable<Json>;
          "moderation_status": string;
          "occurred_at": string | null;
          "reactions": Json | null;
          "reference_ids": (string)[] | null;
          "reply_to_id": string | null;
          "rev": number;
          "search_vector": unknown;
          "sender": string;
          "sender_address": string | null;
          "sender_contact_id": string | null;
          "sender_kind": string;
          "sender_name": string | null;
          "sender_user_id": string | null;
          "seq": number;
          "spam_score": number;
          "staff_readable": boolean;
          "subject": string | null;
          "tenant_id": string;
          "thread_id": string;
          "xid": unknown;
        };
        ComputedFields: never;
        Insert: {
          "auto_class"?: string;
          "based_on_seq"?: number | null;
          "body": string;
          "cause_id"?: string | null;
          "cause_kind"?: string | null;
          "channel": string;
          "channel_session_id"?: string | null;
          "client_message_id"?: string | null;
          "content_digest"?: string | null;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "control_epoch"?: number | null;
          "created_at"?: string;
          "deleted_at"?: string | null;
          "delivery_status": string;
          "direction": string;
          "edited_at"?: string | null;
          "erased_at"?: string | null;
          "external_message_id"?: string | null;
          "feed_epoch"?: number;
          "id"?: string;
          "language"?: string | null;
          "message_type"?: string;
          "metadata"?: NonNullable<Json>;
          "moderation_status"?: string;
          "occurred_at"?: string | null;
          "reactions"?: Json | null;
          "reference_ids"?: (string)[] | null;
          "reply_to_id"?: string | null;
          "rev": number;
          "search_vector"?: unknown;
          "sender": string;
          "sender_address"?: string | null;
          "sender_contact_id"?: string | null;
          "sender_kind": string;
          "sender_name"?: string | null;
          "sender_user_id"?: string | null;
          "seq": number;
          "spam_score"?: number;
          "staff_readable"?: boolean;
          "subject"?: string | null;
          "tenant_id": string;
          "thread_id": string;
          "xid"?: unknown;
        };
        Update: {
          "auto_class"?: string;
          "based_on_seq"?: number | null;
          "body"?: string;
          "cause_id"?: string | null;
          "cause_kind"?: string | null;
          "channel"?: string;
          "channel_session_id"?: string | null;
          "client_message_id"?: string | null;
          "content_digest"?: string | null;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "control_epoch"?: number | null;
          "created_at"?: string;
          "deleted_at"?: string | null;
          "delivery_status"?: string;
          "direction"?: string;
          "edited_at"?: string | null;
          "erased_at"?: string | null;
          "external_message_id"?: string | null;
          "feed_epoch"?: number;
          "id"?: string;
          "language"?: string | null;
          "message_type"?: string;
          "metadata"?: NonNullable<Json>;
          "moderation_status"?: string;
          "occurred_at"?: string | null;
          "reactions"?: Json | null;
          "reference_ids"?: (string)[] | null;
          "reply_to_id"?: string | null;
          "rev"?: number;
          "search_vector"?: unknown;
          "sender"?: string;
          "sender_address"?: string | null;
          "sender_contact_id"?: string | null;
          "sender_kind"?: string;
          "sender_name"?: string | null;
          "sender_user_id"?: string | null;
          "seq"?: number;
          "spam_score"?: number;
          "staff_readable"?: boolean;
          "subject"?: string | null;
          "tenant_id"?: string;
          "thread_id"?: string;
          "xid"?: unknown;
        };
        Relationships: [
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "et_outbound_queue": {
        Row: {
          "attempts": number;
          "basis_seq": number | null;
          "channel": string;
          "channel_session_id": string;
          "consent_id": string | null;
          "created_at": string;
          "finished_at": string | null;
          "id": string;
          "message_id": string;
          "provider": string | null;
          "provider_message_id": string | null;
          "purpose": string;
          "recipient": string;
          "resend_of": string | null;
          "scheduled_at": string;
          "status": string;
          "status_reason": string | null;
          "template": Json | null;
          "tenant_id": string;
          "thread_id": string;
        };
        ComputedFields: never;
        Insert: {
          "attempts"?: number;
          "basis_seq"?: number | null;
          "channel": string;
          "channel_session_id": string;
          "consent_id"?: string | null;
          "created_at"?: string;
          "finished_at"?: string | null;
          "id"?: string;
          "message_id": string;
          "provider"?: string | null;
          "provider_message_id"?: string | null;
          "purpose"?: string;
          "recipient": string;
          "resend_of"?: string | null;
          "scheduled_at"?: string;
          "status"?: string;
          "status_reason"?: string | null;
          "template"?: Json | null;
          "tenant_id": string;
          "thread_id": string;
        };
        Update: {
          "attempts"?: number;
          "basis_seq"?: number | null;
          "channel"?: string;
          "channel_session_id"?: string;
          "consent_id"?: string | null;
          "created_at"?: string;
          "finished_at"?: string | null;
          "id"?: string;
          "message_id"?: string;
          "provider"?: string | null;
          "provider_message_id"?: string | null;
          "purpose"?: string;
          "recipient"?: string;
          "resend_of"?: string | null;
          "scheduled_at"?: string;
          "status"?: string;
          "status_reason"?: string | null;
          "template"?: Json | null;
          "tenant_id"?: string;
          "thread_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "et_outbound_queue_tenant_id_channel_session_id_fkey";
            columns: ["tenant_id", "channel_session_id"];
            isOneToOne: false;
            referencedRelation: "et_channel_sessions";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_consent_id_fkey";
            columns: ["tenant_id", "consent_id"];
            isOneToOne: false;
            referencedRelation: "contact_consents";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_resend_of_fkey";
            columns: ["tenant_id", "resend_of"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_resend_of_fkey";
            columns: ["tenant_id", "resend_of"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_resend_of_fkey";
            columns: ["tenant_id", "resend_of"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_resend_of_fkey";
            columns: ["tenant_id", "resend_of"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_resend_of_fkey";
            columns: ["tenant_id", "resend_of"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_resend_of_fkey";
            columns: ["tenant_id", "resend_of"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "et_thread_insights": {
        Row: {
          "follow_up_at": string | null;
          "follow_up_message_id": string | null;
          "follow_up_status": string | null;
          "follow_up_text": string | null;
          "label": string | null;
          "language": string | null;
          "model": string;
          "next_step": string | null;
          "prompt_version": string | null;
          "read_seq": number;
          "sentiment": number | null;
          "sentiment_label": string | null;
          "summary": string;
          "tenant_id": string;
          "thread_id": string;
          "updated_at": string;
          "version": number;
        };
        ComputedFields: never;
        Insert: {
          "follow_up_at"?: string | null;
          "follow_up_message_id"?: string | null;
          "follow_up_status"?: string | null;
          "follow_up_text"?: string | null;
          "label"?: string | null;
          "language"?: string | null;
          "model": string;
          "next_step"?: string | null;
          "prompt_version"?: string | null;
          "read_seq": number;
          "sentiment"?: number | null;
          "sentiment_label"?: string | null;
          "summary": string;
          "tenant_id": string;
          "thread_id": string;
          "updated_at"?: string;
          "version"?: number;
        };
        Update: {
          "follow_up_at"?: string | null;
          "follow_up_message_id"?: string | null;
          "follow_up_status"?: string | null;
          "follow_up_text"?: string | null;
          "label"?: string | null;
          "language"?: string | null;
          "model"?: string;
          "next_step"?: string | null;
          "prompt_version"?: string | null;
          "read_seq"?: number;
          "sentiment"?: number | null;
          "sentiment_label"?: string | null;
          "summary"?: string;
          "tenant_id"?: string;
          "thread_id"?: string;
          "updated_at"?: string;
          "version"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "et_thread_insights_tenant_id_follow_up_message_id_fkey";
            columns: ["tenant_id", "follow_up_message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_thread_insights_tenant_id_follow_up_message_id_fkey";
            columns: ["tenant_id", "follow_up_message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_thread_insights_tenant_id_follow_up_message_id_fkey";
            columns: ["tenant_id", "follow_up_message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "et_thread_insights_tenant_id_follow_up_message_id_fkey";
            columns: ["tenant_id", "follow_up_message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_thread_insights_tenant_id_follow_up_message_id_fkey";
            columns: ["tenant_id", "follow_up_message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "et_thread_insights_tenant_id_follow_up_message_id_fkey";
            columns: ["tenant_id", "follow_up_message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_thread_insights_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: true;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "et_thread_insights_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: true;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "et_thread_insights_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: true;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_thread_insights_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: true;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_thread_insights_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: true;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "et_threads": {
        Row: {
          "assignee_id": string | null;
          "channel": string;
          "channel_session_id": string | null;
          "closed_at": string | null;
          "contact_id": string | null;
          "context_id": string | null;
          "context_kind": string | null;
          "control": string;
          "control_epoch": number;
          "created_at": string;
          "erased_at": string | null;
          "folder": string;
          "folder_said_seq": number | null;
          "id": string;
          "kind": string;
          "labels": (string)[];
          "last_direction": string | null;
          "last_inbound_seq": number;
          "last_message_at": string | null;
          "last_rev": number;
          "last_seq": number;
          "merged_into": string | null;
          "other_contact_id": string | null;
          "preview": string | null;
          "relationship_id": string | null;
          "scope_key": string;
          "scope_rule": string;
          "search_policy": string | null;
          "snoozed_until": string | null;
          "staff_read_seq": number;
          "staff_readable": boolean;
          "status": string;
          "subject": string | null;
          "tenant_id": string;
          "unread_count": number;
        };
        ComputedFields: never;
        Insert: {
          "assignee_id"?: string | null;
          "channel": string;
          "channel_session_id"?: string | null;
          "closed_at"?: string | null;
          "contact_id"?: string | null;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "control"?: string;
          "control_epoch"?: number;
          "created_at"?: string;
          "erased_at"?: string | null;
          "folder"?: string;
          "folder_said_seq"?: number | null;
          "id"?: string;
          "kind"?: string;
          "labels"?: (string)[];
          "last_direction"?: string | null;
          "last_inbound_seq"?: number;
          "last_message_at"?: string | null;
          "last_rev"?: number;
          "last_seq"?: number;
          "merged_into"?: string | null;
          "other_contact_id"?: string | null;
          "preview"?: string | null;
          "relationship_id"?: string | null;
          "scope_key": string;
          "scope_rule": string;
          "search_policy"?: string | null;
          "snoozed_until"?: string | null;
          "staff_read_seq"?: number;
          "staff_readable"?: boolean;
          "status"?: string;
          "subject"?: string | null;
          "tenant_id": string;
          "unread_count"?: number;
        };
        Update: {
          "assignee_id"?: string | null;
          "channel"?: string;
          "channel_session_id"?: string | null;
          "closed_at"?: string | null;
          "contact_id"?: string | null;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "control"?: string;
          "control_epoch"?: number;
          "created_at"?: string;
          "erased_at"?: string | null;
          "folder"?: string;
          "folder_said_seq"?: number | null;
          "id"?: string;
          "kind"?: string;
          "labels"?: (string)[];
          "last_direction"?: string | null;
          "last_inbound_seq"?: number;
          "last_message_at"?: string | null;
          "last_rev"?: number;
          "last_seq"?: number;
          "merged_into"?: string | null;
          "other_contact_id"?: string | null;
          "preview"?: string | null;
          "relationship_id"?: string | null;
          "scope_key"?: string;
          "scope_rule"?: string;
          "search_policy"?: string | null;
          "snoozed_until"?: string | null;
          "staff_read_seq"?: number;
          "staff_readable"?: boolean;
          "status"?: string;
          "subject"?: string | null;
          "tenant_id"?: string;
          "unread_count"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "et_threads_tenant_id_assignee_id_fkey";
            columns: ["tenant_id", "assignee_id"];
            isOneToOne: false;
            referencedRelation: "admin_users";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_assignee_id_fkey";
            columns: ["tenant_id", "assignee_id"];
            isOneToOne: false;
            referencedRelation: "admin_users";
            referencedColumns: ["tenant_id", "user_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_assignee_id_fkey";
            columns: ["tenant_id", "assignee_id"];
            isOneToOne: false;
            referencedRelation: "tenant_members";
            referencedColumns: ["tenant_id", "user_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_channel_session_id_fkey";
            columns: ["tenant_id", "channel_session_id"];
            isOneToOne: false;
            referencedRelation: "et_channel_sessions";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "faq_entries": {
        Row: {
          "answer": string;
          "enabled": boolean;
          "id": string;
          "keywords": (string)[];
          "language": string | null;
          "question": string;
          "tenant_id": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "answer": string;
          "enabled"?: boolean;
          "id"?: string;
          "keywords": (string)[];
          "language"?: string | null;
          "question": string;
          "tenant_id": string;
          "updated_at"?: string;
        };
        Update: {
          "answer"?: string;
          "enabled"?: boolean;
          "id"?: string;
          "keywords"?: (string)[];
          "language"?: string | null;
          "question"?: string;
          "tenant_id"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "faq_entries_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "faq_entries_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "faq_entries_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "faq_entries_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "faq_entries_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "folder_words": {
        Row: {
          "auto_class": string;
          "contact_id": string | null;
          "detected": string;
          "folder": string;
          "said_at": string;
          "said_by": string;
          "spam_score": number;
          "tenant_id": string;
          "thread_id": string;
        };
        ComputedFields: never;
        Insert: {
          "auto_class": string;
          "contact_id"?: string | null;
          "detected": string;
          "folder": string;
          "said_at"?: string;
          "said_by": string;
          "spam_score": number;
          "tenant_id": string;
          "thread_id": string;
        };
        Update: {
          "auto_class"?: string;
          "contact_id"?: string | null;
          "detected"?: string;
          "folder"?: string;
          "said_at"?: string;
          "said_by"?: string;
          "spam_score"?: number;
          "tenant_id"?: string;
          "thread_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "folder_words_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "folder_words_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "folder_words_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "folder_words_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "folder_words_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "folder_words_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "folder_words_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: true;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "folder_words_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: true;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "folder_words_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: true;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "folder_words_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: true;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "folder_words_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: true;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "held_words": {
        Row: {
          "field": string;
          "judged_at": string | null;
          "kind": string;
          "kinds": (string)[];
          "row_id": string;
          "status": string;
          "tenant_id": string;
          "words": NonNullable<Json>;
          "written_at": string;
          "written_by": string | null;
        };
        ComputedFields: never;
        Insert: {
          "field": string;
          "judged_at"?: string | null;
          "kind": string;
          "kinds"?: (string)[];
          "row_id": string;
          "status"?: string;
          "tenant_id": string;
          "words": NonNullable<Json>;
          "written_at"?: string;
          "written_by"?: string | null;
        };
        Update: {
          "field"?: string;
          "judged_at"?: string | null;
          "kind"?: string;
          "kinds"?: (string)[];
          "row_id"?: string;
          "status"?: string;
          "tenant_id"?: string;
          "words"?: NonNullable<Json>;
          "written_at"?: string;
          "written_by"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "held_words_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "held_words_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "held_words_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "held_words_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "held_words_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "held_words_tenant_id_written_by_fkey";
            columns: ["tenant_id", "written_by"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "held_words_tenant_id_written_by_fkey";
            columns: ["tenant_id", "written_by"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "held_words_tenant_id_written_by_fkey";
            columns: ["tenant_id", "written_by"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "held_words_tenant_id_written_by_fkey";
            columns: ["tenant_id", "written_by"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "held_words_tenant_id_written_by_fkey";
            columns: ["tenant_id", "written_by"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "held_words_tenant_id_written_by_fkey";
            columns: ["tenant_id", "written_by"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "inbound_decisions": {
        Row: {
          "action": string;
          "confidence": number | null;
          "contact_id": string | null;
          "control_epoch": number;
          "cost_usd": number;
          "created_at": string;
          "decider": string;
          "first_seq": number;
          "id": string;
          "input": Json | null;
          "intent": string | null;
          "knowledge_digest": string | null;
          "language": string | null;
          "last_seq": number;
          "latency_ms": number | null;
          "model": string | null;
          "policy_version": number | null;
          "prompt_version": string | null;
          "proposed_action": string | null;
          "reasons": (string)[];
          "reply_message_id": string | null;
          "sentiment": number | null;
          "tenant_id": string;
          "thread_id": string;
          "tokens_in": number;
          "tokens_out": number;
          "worker": string | null;
        };
        ComputedFields: never;
        Insert: {
          "action": string;
          "confidence"?: number | null;
          "contact_id"?: string | null;
          "control_epoch": number;
          "cost_usd"?: number;
          "created_at"?: string;
          "decider": string;
          "first_seq": number;
          "id"?: string;
          "input"?: Json | null;
          "intent"?: string | null;
          "knowledge_digest"?: string | null;
          "language"?: string | null;
          "last_seq": number;
          "latency_ms"?: number | null;
          "model"?: string | null;
          "policy_version"?: number | null;
          "prompt_version"?: string | null;
          "proposed_action"?: string | null;
          "reasons"?: (string)[];
          "reply_message_id"?: string | null;
          "sentiment"?: number | null;
          "tenant_id": string;
          "thread_id": string;
          "tokens_in"?: number;
          "tokens_out"?: number;
          "worker"?: string | null;
        };
        Update: {
          "action"?: string;
          "confidence"?: number | null;
          "contact_id"?: string | null;
          "control_epoch"?: number;
          "cost_usd"?: number;
          "created_at"?: string;
          "decider"?: string;
          "first_seq"?: number;
          "id"?: string;
          "input"?: Json | null;
          "intent"?: string | null;
          "knowledge_digest"?: string | null;
          "language"?: string | null;
          "last_seq"?: number;
          "latency_ms"?: number | null;
          "model"?: string | null;
          "policy_version"?: number | null;
          "prompt_version"?: string | null;
          "proposed_action"?: string | null;
          "reasons"?: (string)[];
          "reply_message_id"?: string | null;
          "sentiment"?: number | null;
          "tenant_id"?: string;
          "thread_id"?: string;
          "tokens_in"?: number;
          "tokens_out"?: number;
          "worker"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "inbound_decisions_tenant_id_reply_message_id_fkey";
            columns: ["tenant_id", "reply_message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "inbound_decisions_tenant_id_reply_message_id_fkey";
            columns: ["tenant_id", "reply_message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "inbound_decisions_tenant_id_reply_message_id_fkey";
            columns: ["tenant_id", "reply_message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "inbound_decisions_tenant_id_reply_message_id_fkey";
            columns: ["tenant_id", "reply_message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "inbound_decisions_tenant_id_reply_message_id_fkey";
            columns: ["tenant_id", "reply_message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "inbound_decisions_tenant_id_reply_message_id_fkey";
            columns: ["tenant_id", "reply_message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "inbound_decisions_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "inbound_decisions_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "inbound_decisions_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "inbound_decisions_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "inbound_decisions_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "manual_tasks": {
        Row: {
          "assignee_id": string | null;
          "completed_at": string | null;
          "completed_by": string | null;
          "created_at": string;
          "due_at": string | null;
          "id": string;
          "kind": string;
          "message_id": string;
          "note": string | null;
          "outcome": string | null;
          "queue_id": string | null;
          "reason": string | null;
          "status": string;
          "target": string;
          "tenant_id": string;
          "thread_id": string;
          "title": string;
          "tries": number;
        };
        ComputedFields: never;
        Insert: {
          "assignee_id"?: string | null;
          "completed_at"?: string | null;
          "completed_by"?: string | null;
          "created_at"?: string;
          "due_at"?: string | null;
          "id"?: string;
          "kind": string;
          "message_id": string;
          "note"?: string | null;
          "outcome"?: string | null;
          "queue_id"?: string | null;
          "reason"?: string | null;
          "status"?: string;
          "target": string;
          "tenant_id": string;
          "thread_id": string;
          "title": string;
          "tries"?: number;
        };
        Update: {
          "assignee_id"?: string | null;
          "completed_at"?: string | null;
          "completed_by"?: string | null;
          "created_at"?: string;
          "due_at"?: string | null;
          "id"?: string;
          "kind"?: string;
          "message_id"?: string;
          "note"?: string | null;
          "outcome"?: string | null;
          "queue_id"?: string | null;
          "reason"?: string | null;
          "status"?: string;
          "target"?: string;
          "tenant_id"?: string;
          "thread_id"?: string;
          "title"?: string;
          "tries"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "manual_tasks_tenant_id_assignee_id_fkey";
            columns: ["tenant_id", "assignee_id"];
            isOneToOne: false;
            referencedRelation: "admin_users";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_assignee_id_fkey";
            columns: ["tenant_id", "assignee_id"];
            isOneToOne: false;
            referencedRelation: "admin_users";
            referencedColumns: ["tenant_id", "user_id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_assignee_id_fkey";
            columns: ["tenant_id", "assignee_id"];
            isOneToOne: false;
            referencedRelation: "tenant_members";
            referencedColumns: ["tenant_id", "user_id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_queue_id_fkey";
            columns: ["tenant_id", "queue_id"];
            isOneToOne: true;
            referencedRelation: "contractor_outreach_attempts";
            referencedColumns: ["tenant_id", "attempt_id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_queue_id_fkey";
            columns: ["tenant_id", "queue_id"];
            isOneToOne: true;
            referencedRelation: "et_outbound_queue";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "manual_tasks_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "message_attachments": {
        Row: {
          "checked_at": string | null;
          "checked_by": string | null;
          "content_id": string | null;
          "content_type": string;
          "created_at": string;
          "detected_type": string | null;
          "expires_at": string | null;
          "filename": string;
          "height": number | null;
          "id": string;
          "inline": boolean;
          "message_id": string | null;
          "position": number;
          "refused": string | null;
          "retention": string;
          "sha256": string | null;
          "size_bytes": number;
          "status": string;
          "storage_bucket": string | null;
          "storage_path": string | null;
          "tenant_id": string;
          "thumbnail_path": string | null;
          "uploaded_by": string | null;
          "width": number | null;
        };
        ComputedFields: never;
        Insert: {
          "checked_at"?: string | null;
          "checked_by"?: string | null;
          "content_id"?: string | null;
          "content_type": string;
          "created_at"?: string;
          "detected_type"?: string | null;
          "expires_at"?: string | null;
          "filename": string;
          "height"?: number | null;
          "id"?: string;
          "inline"?: boolean;
          "message_id"?: string | null;
          "position"?: number;
          "refused"?: string | null;
          "retention"?: string;
          "sha256"?: string | null;
          "size_bytes": number;
          "status"?: string;
          "storage_bucket"?: string | null;
          "storage_path"?: string | null;
          "tenant_id": string;
          "thumbnail_path"?: string | null;
          "uploaded_by"?: string | null;
          "width"?: number | null;
        };
        Update: {
          "checked_at"?: string | null;
          "checked_by"?: string | null;
          "content_id"?: string | null;
          "content_type"?: string;
          "created_at"?: string;
          "detected_type"?: string | null;
          "expires_at"?: string | null;
          "filename"?: string;
          "height"?: number | null;
          "id"?: string;
          "inline"?: boolean;
          "message_id"?: string | null;
          "position"?: number;
          "refused"?: string | null;
          "retention"?: string;
          "sha256"?: string | null;
          "size_bytes"?: number;
          "status"?: string;
          "storage_bucket"?: string | null;
          "storage_path"?: string | null;
          "tenant_id"?: string;
          "thumbnail_path"?: string | null;
          "uploaded_by"?: string | null;
          "width"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "message_attachments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "message_attachments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "message_attachments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "message_attachments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "message_attachments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "message_attachments_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "message_limits": {
        Row: {
          "channel": string;
          "kind": string;
          "max_value": number;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "channel": string;
          "kind": string;
          "max_value": number;
          "tenant_id": string;
        };
        Update: {
          "channel"?: string;
          "kind"?: string;
          "max_value"?: number;
          "tenant_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "message_limits_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "message_limits_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "message_limits_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "message_limits_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "message_limits_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "message_templates": {
        Row: {
          "category": string;
          "components": NonNullable<Json>;
          "language": string;
          "name": string;
          "read_at": string;
          "session_id": string;
          "shape": NonNullable<Json>;
          "status": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "category": string;
          "components": NonNullable<Json>;
          "language": string;
          "name": string;
          "read_at"?: string;
          "session_id": string;
          "shape": NonNullable<Json>;
          "status": string;
          "tenant_id": string;
        };
        Update: {
          "category"?: string;
          "components"?: NonNullable<Json>;
          "language"?: string;
          "name"?: string;
          "read_at"?: string;
          "session_id"?: string;
          "shape"?: NonNullable<Json>;
          "status"?: string;
          "tenant_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "message_templates_tenant_id_session_id_fkey";
            columns: ["tenant_id", "session_id"];
            isOneToOne: false;
            referencedRelation: "et_channel_sessions";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "moderation_policies": {
        Row: {
          "created_at": string;
          "created_by": string;
          "document": NonNullable<Json>;
          "note": string | null;
          "tenant_id": string;
          "version": number;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "created_by": string;
          "document": NonNullable<Json>;
          "note"?: string | null;
          "tenant_id": string;
          "version": number;
        };
        Update: {
          "created_at"?: string;
          "created_by"?: string;
          "document"?: NonNullable<Json>;
          "note"?: string | null;
          "tenant_id"?: string;
          "version"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "moderation_policies_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "moderation_policies_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "moderation_policies_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "moderation_policies_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "moderation_policies_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "moderation_reviews": {
        Row: {
          "appeal": string | null;
          "claim_until": string | null;
          "claimed_by": string | null;
          "decided_at": string | null;
          "decided_by": string | null;
          "decision": string | null;
          "decision_verdict_id": string | null;
          "digest": string;
          "due_at": string;
          "first_claimed_at": string | null;
          "id": string;
          "kinds": (string)[];
          "lane": string;
          "message_id": string;
          "opened_at": string;
          "origin": string;
          "outcome": string | null;
          "overdue_at": string | null;
          "policy_version": number;
          "reason": string | null;
          "sender_contact_id": string | null;
          "status": string;
          "tenant_id": string;
          "thread_id": string;
          "urgent": boolean;
          "verdict_id": string;
        };
        ComputedFields: never;
        Insert: {
          "appeal"?: string | null;
          "claim_until"?: string | null;
          "claimed_by"?: string | null;
          "decided_at"?: string | null;
          "decided_by"?: string | null;
          "decision"?: string | null;
          "decision_verdict_id"?: string | null;
          "digest": string;
          "due_at": string;
          "first_claimed_at"?: string | null;
          "id"?: string;
          "kinds": (string)[];
          "lane": string;
          "message_id": string;
          "opened_at"?: string;
          "origin": string;
          "outcome"?: string | null;
          "overdue_at"?: string | null;
          "policy_version": number;
          "reason"?: string | null;
          "sender_contact_id"?: string | null;
          "status"?: string;
          "tenant_id": string;
          "thread_id": string;
          "urgent"?: boolean;
          "verdict_id": string;
        };
        Update: {
          "appeal"?: string | null;
          "claim_until"?: string | null;
          "claimed_by"?: string | null;
          "decided_at"?: string | null;
          "decided_by"?: string | null;
          "decision"?: string | null;
          "decision_verdict_id"?: string | null;
          "digest"?: string;
          "due_at"?: string;
          "first_claimed_at"?: string | null;
          "id"?: string;
          "kinds"?: (string)[];
          "lane"?: string;
          "message_id"?: string;
          "opened_at"?: string;
          "origin"?: string;
          "outcome"?: string | null;
          "overdue_at"?: string | null;
          "policy_version"?: number;
          "reason"?: string | null;
          "sender_contact_id"?: string | null;
          "status"?: string;
          "tenant_id"?: string;
          "thread_id"?: string;
          "urgent"?: boolean;
          "verdict_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "moderation_reviews_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_reviews_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_reviews_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "moderation_reviews_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_reviews_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "moderation_reviews_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_reviews_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "moderation_verdicts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_reviews_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "security_actions";
            referencedColumns: ["tenant_id", "verdict_id"];
          },
          {
            foreignKeyName: "moderation_reviews_tenant_id_verdict_id_fkey";
            columns: ["tenant_id", "verdict_id"];
            isOneToOne: false;
            referencedRelation: "security_outcomes";
            referencedColumns: ["tenant_id", "verdict_id"];
          },
        ];
      };
      "moderation_verdicts": {
        Row: {
          "confidence": number;
          "context_id": string | null;
          "context_kind": string | null;
          "created_at": string;
          "decided_by": string | null;
          "decider": string;
          "decision": string;
          "digest": string;
          "id": string;
          "kinds": (string)[];
          "lane": string;
          "message_id": string;
          "policy_version": number;
          "sender_contact_id": string | null;
          "stage": string;
          "tenant_id": string;
          "thread_id": string;
          "waited_ms": number | null;
        };
        ComputedFields: never;
        Insert: {
          "confidence": number;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "created_at"?: string;
          "decided_by"?: string | null;
          "decider": string;
          "decision": string;
          "digest": string;
          "id"?: string;
          "kinds"?: (string)[];
          "lane": string;
          "message_id": string;
          "policy_version": number;
          "sender_contact_id"?: string | null;
          "stage": string;
          "tenant_id": string;
          "thread_id": string;
          "waited_ms"?: number | null;
        };
        Update: {
          "confidence"?: number;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "created_at"?: string;
          "decided_by"?: string | null;
          "decider"?: string;
          "decision"?: string;
          "digest"?: string;
          "id"?: string;
          "kinds"?: (string)[];
          "lane"?: string;
          "message_id"?: string;
          "policy_version"?: number;
          "sender_contact_id"?: string | null;
          "stage"?: string;
          "tenant_id"?: string;
          "thread_id"?: string;
          "waited_ms"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_policy_version_fkey";
            columns: ["tenant_id", "policy_version"];
            isOneToOne: false;
            referencedRelation: "moderation_policies";
            referencedColumns: ["tenant_id", "version"];
          },
        ];
      };
      "notification_reads": {
        Row: {
          "notification_id": string;
          "read_at": string;
          "tenant_id": string;
          "user_id": string;
        };
        ComputedFields: never;
        Insert: {
          "notification_id": string;
          "read_at"?: string;
          "tenant_id": string;
          "user_id": string;
        };
        Update: {
          "notification_id"?: string;
          "read_at"?: string;
          "tenant_id"?: string;
          "user_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "notification_reads_tenant_id_notification_id_fkey";
            columns: ["tenant_id", "notification_id"];
            isOneToOne: false;
            referencedRelation: "notifications";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "notifications": {
        Row: {
          "channel_session_id": string | null;
          "created_at": string;
          "id": string;
          "kind": string;
          "message_id": string | null;
          "tenant_id": string;
          "thread_id": string | null;
          "title": string;
          "user_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "channel_session_id"?: string | null;
          "created_at"?: string;
          "id"?: string;
          "kind": string;
          "message_id"?: string | null;
          "tenant_id": string;
          "thread_id"?: string | null;
          "title": string;
          "user_id"?: string | null;
        };
        Update: {
          "channel_session_id"?: string | null;
          "created_at"?: string;
          "id"?: string;
          "kind"?: string;
          "message_id"?: string | null;
          "tenant_id"?: string;
          "thread_id"?: string | null;
          "title"?: string;
          "user_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "notifications_tenant_id_channel_session_id_fkey";
            columns: ["tenant_id", "channel_session_id"];
            isOneToOne: false;
            referencedRelation: "et_channel_sessions";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "notifications_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "projects": {
        Row: {
          "attributes": NonNullable<Json>;
          "category": string | null;
          "created_at": string;
          "customer_id": string;
          "description": string | null;
          "id": string;
          "location": string | null;
          "status": string;
          "status_changed_at": string;
          "tenant_id": string;
          "title": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "attributes"?: NonNullable<Json>;
          "category"?: string | null;
          "created_at"?: string;
          "customer_id": string;
          "description"?: string | null;
          "id"?: string;
          "location"?: string | null;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id": string;
          "title": string;
          "updated_at"?: string;
        };
        Update: {
          "attributes"?: NonNullable<Json>;
          "category"?: string | null;
          "created_at"?: string;
          "customer_id"?: string;
          "description"?: string | null;
          "id"?: string;
          "location"?: string | null;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id"?: string;
          "title"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "projects_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "projects_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "projects_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "projects_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "projects_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "projects_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "projects_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "projects_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "projects_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "projects_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "projects_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "referral_tracking": {
        Row: {
          "code": string;
          "created_at": string;
          "currency": string;
          "expires_at": string;
          "id": string;
          "referred_id": string | null;
          "referrer_id": string;
          "reward_amount": number | null;
          "source": string | null;
          "status": string;
          "status_changed_at": string;
          "tenant_id": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "code": string;
          "created_at"?: string;
          "currency"?: string;
          "expires_at"?: string;
          "id"?: string;
          "referred_id"?: string | null;
          "referrer_id": string;
          "reward_amount"?: number | null;
          "source"?: string | null;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id": string;
          "updated_at"?: string;
        };
        Update: {
          "code"?: string;
          "created_at"?: string;
          "currency"?: string;
          "expires_at"?: string;
          "id"?: string;
          "referred_id"?: string | null;
          "referrer_id"?: string;
          "reward_amount"?: number | null;
          "source"?: string | null;
          "status"?: string;
          "status_changed_at"?: string;
          "tenant_id"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "referral_tracking_tenant_id_referred_id_fkey";
            columns: ["tenant_id", "referred_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "referral_tracking_tenant_id_referred_id_fkey";
            columns: ["tenant_id", "referred_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "referral_tracking_tenant_id_referred_id_fkey";
            columns: ["tenant_id", "referred_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "referral_tracking_tenant_id_referred_id_fkey";
            columns: ["tenant_id", "referred_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "referral_tracking_tenant_id_referred_id_fkey";
            columns: ["tenant_id", "referred_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "referral_tracking_tenant_id_referred_id_fkey";
            columns: ["tenant_id", "referred_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "referral_tracking_tenant_id_referrer_id_fkey";
            columns: ["tenant_id", "referrer_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "referral_tracking_tenant_id_referrer_id_fkey";
            columns: ["tenant_id", "referrer_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "referral_tracking_tenant_id_referrer_id_fkey";
            columns: ["tenant_id", "referrer_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "referral_tracking_tenant_id_referrer_id_fkey";
            columns: ["tenant_id", "referrer_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "referral_tracking_tenant_id_referrer_id_fkey";
            columns: ["tenant_id", "referrer_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "referral_tracking_tenant_id_referrer_id_fkey";
            columns: ["tenant_id", "referrer_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "rollups": {
        Row: {
          "at": string;
          "bin": number;
          "channel": string;
          "label": string;
          "metric": string;
          "n": number;
          "step": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "at": string;
          "bin"?: number;
          "channel": string;
          "label": string;
          "metric": string;
          "n": number;
          "step": string;
          "tenant_id": string;
        };
        Update: {
          "at"?: string;
          "bin"?: number;
          "channel"?: string;
          "label"?: string;
          "metric"?: string;
          "n"?: number;
          "step"?: string;
          "tenant_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "shadow_decisions": {
        Row: {
          "action": string | null;
          "attempts": number;
          "candidate": string;
          "confidence": number | null;
          "cost_usd": number;
          "created_at": string;
          "decider": string | null;
          "decision_id": string;
          "fence": number;
          "finished_at": string | null;
          "inputs_changed": boolean | null;
          "intent": string | null;
          "language": string | null;
          "latency_ms": number | null;
          "lease_until": string | null;
          "model": string | null;
          "prompt_version": string | null;
          "reasons": (string)[];
          "reply_chars": number | null;
          "reply_digest": string | null;
          "sentiment": number | null;
          "status": string;
          "tenant_id": string;
          "tokens_in": number;
          "tokens_out": number;
          "worker": string | null;
        };
        ComputedFields: never;
        Insert: {
          "action"?: string | null;
          "attempts"?: number;
          "candidate": string;
          "confidence"?: number | null;
          "cost_usd"?: number;
          "created_at"?: string;
          "decider"?: string | null;
          "decision_id": string;
          "fence"?: number;
          "finished_at"?: string | null;
          "inputs_changed"?: boolean | null;
          "intent"?: string | null;
          "language"?: string | null;
          "latency_ms"?: number | null;
          "lease_until"?: string | null;
          "model"?: string | null;
          "prompt_version"?: string | null;
          "reasons"?: (string)[];
          "reply_chars"?: number | null;
          "reply_digest"?: string | null;
          "sentiment"?: number | null;
          "status"?: string;
          "tenant_id": string;
          "tokens_in"?: number;
          "tokens_out"?: number;
          "worker"?: string | null;
        };
        Update: {
          "action"?: string | null;
          "attempts"?: number;
          "candidate"?: string;
          "confidence"?: number | null;
          "cost_usd"?: number;
          "created_at"?: string;
          "decider"?: string | null;
          "decision_id"?: string;
          "fence"?: number;
          "finished_at"?: string | null;
          "inputs_changed"?: boolean | null;
          "intent"?: string | null;
          "language"?: string | null;
          "latency_ms"?: number | null;
          "lease_until"?: string | null;
          "model"?: string | null;
          "prompt_version"?: string | null;
          "reasons"?: (string)[];
          "reply_chars"?: number | null;
          "reply_digest"?: string | null;
          "sentiment"?: number | null;
          "status"?: string;
          "tenant_id"?: string;
          "tokens_in"?: number;
          "tokens_out"?: number;
          "worker"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "shadow_decisions_tenant_id_decision_id_fkey";
            columns: ["tenant_id", "decision_id"];
            isOneToOne: false;
            referencedRelation: "inbound_decisions";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "suppressions": {
        Row: {
          "address": string;
          "created_at": string;
          "id": string;
          "kind": string;
          "reason": string;
          "scope": string;
          "source_message_id": string | null;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "address": string;
          "created_at"?: string;
          "id"?: string;
          "kind": string;
          "reason": string;
          "scope": string;
          "source_message_id"?: string | null;
          "tenant_id": string;
        };
        Update: {
          "address"?: string;
          "created_at"?: string;
          "id"?: string;
          "kind"?: string;
          "reason"?: string;
          "scope"?: string;
          "source_message_id"?: string | null;
          "tenant_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "suppressions_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "suppressions_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "suppressions_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "suppressions_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "suppressions_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "suppressions_tenant_id_source_message_id_fkey";
            columns: ["tenant_id", "source_message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "suppressions_tenant_id_source_message_id_fkey";
            columns: ["tenant_id", "source_message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "suppressions_tenant_id_source_message_id_fkey";
            columns: ["tenant_id", "source_message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "suppressions_tenant_id_source_message_id_fkey";
            columns: ["tenant_id", "source_message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "suppressions_tenant_id_source_message_id_fkey";
            columns: ["tenant_id", "source_message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "suppressions_tenant_id_source_message_id_fkey";
            columns: ["tenant_id", "source_message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "tenant_invitations": {
        Row: {
          "accepted_at": string | null;
          "address": string;
          "created_at": string;
          "expires_at": string;
          "id": string;
          "invited_by": string | null;
          "revoked_at": string | null;
          "role": string;
          "tenant_id": string;
          "token_digest": string;
        };
        ComputedFields: never;
        Insert: {
          "accepted_at"?: string | null;
          "address": string;
          "created_at"?: string;
          "expires_at"?: string;
          "id"?: string;
          "invited_by"?: string | null;
          "revoked_at"?: string | null;
          "role": string;
          "tenant_id": string;
          "token_digest": string;
        };
        Update: {
          "accepted_at"?: string | null;
          "address"?: string;
          "created_at"?: string;
          "expires_at"?: string;
          "id"?: string;
          "invited_by"?: string | null;
          "revoked_at"?: string | null;
          "role"?: string;
          "tenant_id"?: string;
          "token_digest"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "tenant_invitations_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_invitations_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_invitations_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_invitations_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_invitations_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "tenant_members": {
        Row: {
          "created_at": string;
          "display_name": string | null;
          "language": string | null;
          "role": string;
          "tenant_id": string;
          "user_id": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "display_name"?: string | null;
          "language"?: string | null;
          "role"?: string;
          "tenant_id": string;
          "user_id": string;
        };
        Update: {
          "created_at"?: string;
          "display_name"?: string | null;
          "language"?: string | null;
          "role"?: string;
          "tenant_id"?: string;
          "user_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "tenant_members_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_members_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_members_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_members_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_members_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "tenant_settings": {
        Row: {
          "ai_budget_usd": number;
          "ai_enabled": boolean;
          "ai_provider": string;
          "auto_replies_per_hour": number;
          "business_hours": NonNullable<Json>;
          "chat_policy": string;
          "chat_scope": string;
          "closed_dates": (string)[];
          "confidence_threshold": number;
          "daily_send_cap": number | null;
          "live_signs": string;
          "market_writes": string;
          "max_complaint_rate": number | null;
          "media_days": number | null;
          "media_visibility": string;
          "moderation_days": number | null;
          "policy_version": number;
          "push_delay_s": number;
          "push_shows": string;
          "quiet_hours_end": string | null;
          "quiet_hours_start": string | null;
          "search_policy": string;
          "search_ready": boolean;
          "sends_per_minute": number;
          "tenant_id": string;
          "thread_scopes": NonNullable<Json>;
          "tracking_enabled": boolean;
          "updated_at": string;
          "upload_quota_bytes": number;
          "voice_avoid": (string)[];
          "voice_formality": string;
          "voice_signature": string | null;
          "voice_tone": string | null;
        };
        ComputedFields: never;
        Insert: {
          "ai_budget_usd"?: number;
          "ai_enabled"?: boolean;
          "ai_provider"?: string;
          "auto_replies_per_hour"?: number;
          "business_hours"?: NonNullable<Json>;
          "chat_policy"?: string;
          "chat_scope"?: string;
          "closed_dates"?: (string)[];
          "confidence_threshold"?: number;
          "daily_send_cap"?: number | null;
          "live_signs"?: string;
          "market_writes"?: string;
          "max_complaint_rate"?: number | null;
          "media_days"?: number | null;
          "media_visibility"?: string;
          "moderation_days"?: number | null;
          "policy_version"?: number;
          "push_delay_s"?: number;
          "push_shows"?: string;
          "quiet_hours_end"?: string | null;
          "quiet_hours_start"?: string | null;
          "search_policy"?: string;
          "search_ready"?: boolean;
          "sends_per_minute"?: number;
          "tenant_id": string;
          "thread_scopes"?: NonNullable<Json>;
          "tracking_enabled"?: boolean;
          "updated_at"?: string;
          "upload_quota_bytes"?: number;
          "voice_avoid"?: (string)[];
          "voice_formality"?: string;
          "voice_signature"?: string | null;
          "voice_tone"?: string | null;
        };
        Update: {
          "ai_budget_usd"?: number;
          "ai_enabled"?: boolean;
          "ai_provider"?: string;
          "auto_replies_per_hour"?: number;
          "business_hours"?: NonNullable<Json>;
          "chat_policy"?: string;
          "chat_scope"?: string;
          "closed_dates"?: (string)[];
          "confidence_threshold"?: number;
          "daily_send_cap"?: number | null;
          "live_signs"?: string;
          "market_writes"?: string;
          "max_complaint_rate"?: number | null;
          "media_days"?: number | null;
          "media_visibility"?: string;
          "moderation_days"?: number | null;
          "policy_version"?: number;
          "push_delay_s"?: number;
          "push_shows"?: string;
          "quiet_hours_end"?: string | null;
          "quiet_hours_start"?: string | null;
          "search_policy"?: string;
          "search_ready"?: boolean;
          "sends_per_minute"?: number;
          "tenant_id"?: string;
          "thread_scopes"?: NonNullable<Json>;
          "tracking_enabled"?: boolean;
          "updated_at"?: string;
          "upload_quota_bytes"?: number;
          "voice_avoid"?: (string)[];
          "voice_formality"?: string;
          "voice_signature"?: string | null;
          "voice_tone"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "tenant_settings_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: true;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_settings_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: true;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_settings_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: true;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_settings_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: true;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_settings_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: true;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "tenants": {
        Row: {
          "created_at": string;
          "deleted_at": string | null;
          "home_regions": (string)[];
          "id": string;
          "locale": string;
          "name": string;
          "sender_address": string | null;
          "sender_name": string | null;
          "slug": string;
          "status": string;
          "suspended_reason": string | null;
          "time_zone": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "deleted_at"?: string | null;
          "home_regions"?: (string)[];
          "id"?: string;
          "locale"?: string;
          "name": string;
          "sender_address"?: string | null;
          "sender_name"?: string | null;
          "slug": string;
          "status"?: string;
          "suspended_reason"?: string | null;
          "time_zone"?: string;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "deleted_at"?: string | null;
          "home_regions"?: (string)[];
          "id"?: string;
          "locale"?: string;
          "name"?: string;
          "sender_address"?: string | null;
          "sender_name"?: string | null;
          "slug"?: string;
          "status"?: string;
          "suspended_reason"?: string | null;
          "time_zone"?: string;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "thread_aliases": {
        Row: {
          "created_at": string;
          "scope_key": string;
          "tenant_id": string;
          "thread_id": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "scope_key": string;
          "tenant_id": string;
          "thread_id": string;
        };
        Update: {
          "created_at"?: string;
          "scope_key"?: string;
          "tenant_id"?: string;
          "thread_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "thread_aliases_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "thread_aliases_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "thread_aliases_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_aliases_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_aliases_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "thread_insight_versions": {
        Row: {
          "created_at": string;
          "follow_up_at": string | null;
          "label": string | null;
          "model": string;
          "next_step": string | null;
          "prompt_version": string | null;
          "read_seq": number;
          "sentiment": number | null;
          "summary": string;
          "tenant_id": string;
          "thread_id": string;
          "version": number;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "follow_up_at"?: string | null;
          "label"?: string | null;
          "model": string;
          "next_step"?: string | null;
          "prompt_version"?: string | null;
          "read_seq": number;
          "sentiment"?: number | null;
          "summary": string;
          "tenant_id": string;
          "thread_id": string;
          "version": number;
        };
        Update: {
          "created_at"?: string;
          "follow_up_at"?: string | null;
          "label"?: string | null;
          "model"?: string;
          "next_step"?: string | null;
          "prompt_version"?: string | null;
          "read_seq"?: number;
          "sentiment"?: number | null;
          "summary"?: string;
          "tenant_id"?: string;
          "thread_id"?: string;
          "version"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "thread_insight_versions_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "thread_insight_versions_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "thread_insight_versions_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_insight_versions_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_insight_versions_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "thread_notes": {
        Row: {
          "author": string;
          "author_user_id": string | null;
          "client_note_id": string | null;
          "created_at": string;
          "edited_at": string | null;
          "id": string;
          "note": string;
          "tenant_id": string;
          "thread_id": string;
        };
        ComputedFields: never;
        Insert: {
          "author": string;
          "author_user_id"?: string | null;
          "client_note_id"?: string | null;
          "created_at"?: string;
          "edited_at"?: string | null;
          "id"?: string;
          "note": string;
          "tenant_id": string;
          "thread_id": string;
        };
        Update: {
          "author"?: string;
          "author_user_id"?: string | null;
          "client_note_id"?: string | null;
          "created_at"?: string;
          "edited_at"?: string | null;
          "id"?: string;
          "note"?: string;
          "tenant_id"?: string;
          "thread_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "thread_notes_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "thread_notes_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "thread_notes_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_notes_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_notes_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "thread_participants": {
        Row: {
          "archived_at": string | null;
          "blocked_at": string | null;
          "contact_id": string | null;
          "joined_at": string;
          "last_activity_at": string | null;
          "last_delivered_at": string | null;
          "last_delivered_seq": number;
          "last_read_at": string | null;
          "last_read_seq": number;
          "left_at": string | null;
          "muted_until": string | null;
          "role": string;
          "tenant_id": string;
          "thread_id": string;
          "title": string | null;
          "unread_count": number;
          "user_id": string;
        };
        ComputedFields: never;
        Insert: {
          "archived_at"?: string | null;
          "blocked_at"?: string | null;
          "contact_id"?: string | null;
          "joined_at"?: string;
          "last_activity_at"?: string | null;
          "last_delivered_at"?: string | null;
          "last_delivered_seq"?: number;
          "last_read_at"?: string | null;
          "last_read_seq"?: number;
          "left_at"?: string | null;
          "muted_until"?: string | null;
          "role"?: string;
          "tenant_id": string;
          "thread_id": string;
          "title"?: string | null;
          "unread_count"?: number;
          "user_id": string;
        };
        Update: {
          "archived_at"?: string | null;
          "blocked_at"?: string | null;
          "contact_id"?: string | null;
          "joined_at"?: string;
          "last_activity_at"?: string | null;
          "last_delivered_at"?: string | null;
          "last_delivered_seq"?: number;
          "last_read_at"?: string | null;
          "last_read_seq"?: number;
          "left_at"?: string | null;
          "muted_until"?: string | null;
          "role"?: string;
          "tenant_id"?: string;
          "thread_id"?: string;
          "title"?: string | null;
          "unread_count"?: number;
          "user_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "thread_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_participants_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "thread_participants_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "thread_participants_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "thread_participants_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_participants_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "thread_participants_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
    };
    Views: {
      "admin_activity_log": {
        Row: {
          "action": string;
          "admin_user_id": string;
          "created_at": string;
          "details": NonNullable<Json>;
          "entity_id": string | null;
          "entity_type": string;
          "id": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "action"?: string | null;
          "admin_user_id"?: string | null;
          "created_at"?: string | null;
          "details"?: Json | null;
          "entity_id"?: string | null;
          "entity_type"?: string | null;
          "id"?: string | null;
          "tenant_id"?: string | null;
        };
        Update: {
          "action"?: string | null;
          "admin_user_id"?: string | null;
          "created_at"?: string | null;
          "details"?: Json | null;
          "entity_id"?: string | null;
          "entity_type"?: string | null;
          "id"?: string | null;
          "tenant_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "audit_log_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_log_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_log_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_log_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "audit_log_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "admin_users": {
        Row: {
          "created_at": string;
          "id": string;
          "name": string | null;
          "role": string;
          "tenant_id": string;
          "user_id": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string | null;
          "id"?: string | null;
          "name"?: string | null;
          "role"?: string | null;
          "tenant_id"?: string | null;
          "user_id"?: string | null;
        };
        Update: {
          "created_at"?: string | null;
          "id"?: string | null;
          "name"?: string | null;
          "role"?: string | null;
          "tenant_id"?: string | null;
          "user_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "tenant_members_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_members_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_members_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_members_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "tenant_members_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "agent_conversations": {
        Row: {
          "conversation_data": Json | null;
          "conversation_id": string;
          "created_at": string;
          "project_id": string | null;
          "tenant_id": string;
          "thread_id": string;
          "updated_at": string | null;
          "user_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "conversation_data"?: never;
          "conversation_id"?: string | null;
          "created_at"?: string | null;
          "project_id"?: string | null;
          "tenant_id"?: string | null;
          "thread_id"?: string | null;
          "updated_at"?: never;
          "user_id"?: string | null;
        };
        Update: {
          "conversation_data"?: never;
          "conversation_id"?: string | null;
          "created_at"?: string | null;
          "project_id"?: string | null;
          "tenant_id"?: string | null;
          "thread_id"?: string | null;
          "updated_at"?: never;
          "user_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_attempts": {
        Row: {
          "at": string;
          "attempts": number;
          "channel": string;
          "outcome": string;
          "step": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "at"?: string | null;
          "attempts"?: number | null;
          "channel"?: string | null;
          "outcome"?: string | null;
          "step"?: string | null;
          "tenant_id"?: string | null;
        };
        Update: {
          "at"?: string | null;
          "attempts"?: number | null;
          "channel"?: string | null;
          "outcome"?: string | null;
          "step"?: string | null;
          "tenant_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_bins": {
        Row: {
          "at": string;
          "bin": number;
          "channel": string;
          "label": string;
          "metric": string;
          "n": number;
          "seconds": number | null;
          "step": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "at"?: string | null;
          "bin"?: number | null;
          "channel"?: string | null;
          "label"?: string | null;
          "metric"?: string | null;
          "n"?: number | null;
          "seconds"?: never;
          "step"?: string | null;
          "tenant_id"?: string | null;
        };
        Update: {
          "at"?: string | null;
          "bin"?: number | null;
          "channel"?: string | null;
          "label"?: string | null;
          "metric"?: string | null;
          "n"?: number | null;
          "seconds"?: never;
          "step"?: string | null;
          "tenant_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_connected": {
        Row: {
          "connections": number | null;
          "processes": number | null;
          "reported_at": string | null;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "board_connections": {
        Row: {
          "at": string;
          "broken": number | null;
          "closed": number | null;
          "connections": number | null;
          "opened": number | null;
          "p50_seconds": number | null;
          "p95_seconds": number | null;
          "step": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_decisions": {
        Row: {
          "at": string;
          "auto_reply": number | null;
          "channel": string;
          "decisions": number | null;
          "error": number | null;
          "follow_up": number | null;
          "handover_rate": number | null;
          "human_takeover": number | null;
          "no_reply": number | null;
          "step": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_deliveries": {
        Row: {
          "at": string;
          "bounced": number | null;
          "cancelled": number | null;
          "channel": string;
          "delivered": number | null;
          "delivered_rate": number | null;
          "failed": number | null;
          "open": number | null;
          "read": number | null;
          "read_rate": number | null;
          "sent": number | null;
          "step": string;
          "success_rate": number | null;
          "tenant_id": string;
          "unknown": number | null;
          "written": number | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_errors": {
        Row: {
          "at": string;
          "component": string | null;
          "errors": number | null;
          "of": number | null;
          "rate": number | null;
          "step": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_freshness": {
        Row: {
          "age_seconds": number | null;
          "as_of": string | null;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "board_moderation": {
        Row: {
          "approved": number | null;
          "at": string;
          "blocked": number | null;
          "by_people": number | null;
          "filtered": number | null;
          "judged": number | null;
          "review": number | null;
          "step": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_people": {
        Row: {
          "at": string;
          "contacts": number | null;
          "participants": number | null;
          "staff": number | null;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_queues": {
        Row: {
          "depth": number | null;
          "in_flight": number | null;
          "oldest_seconds": number | null;
          "queue": string | null;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "board_responses": {
        Row: {
          "answered_by": string | null;
          "answers": number | null;
          "at": string;
          "channel": string;
          "p50_seconds": number | null;
          "p95_seconds": number | null;
          "step": string;
          "tenant_id": string;
          "turn": string | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_threads": {
        Row: {
          "active_day": number | null;
          "active_hour": number | null;
          "open": number | null;
          "tenant_id": string;
          "unread": number | null;
          "with_people": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "board_uploads": {
        Row: {
          "at": string;
          "files": number | null;
          "gone": number | null;
          "refused": number | null;
          "released": number | null;
          "step": string;
          "success_rate": number | null;
          "tenant_id": string;
          "waiting": number | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_volume": {
        Row: {
          "at": string;
          "by_agents": number | null;
          "by_ai": number | null;
          "channel": string;
          "inbound": number | null;
          "internal": number | null;
          "outbound": number | null;
          "step": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "board_waits": {
        Row: {
          "at": string;
          "channel": string;
          "items": number | null;
          "p50_seconds": number | null;
          "p95_seconds": number | null;
          "queue": string;
          "step": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "rollups_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
      "broadcast_messages": {
        Row: {
          "content": string;
          "created_at": string;
          "created_by": string;
          "id": string;
          "recipients": number;
          "sent_at": string | null;
          "status": string;
          "target": string;
          "target_role": string | null;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "broadcast_read_receipts": {
        Row: {
          "broadcast_id": string;
          "broadcast_message_id": string;
          "contact_id": string;
          "read_at": string | null;
          "tenant_id": string;
          "user_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "broadcast_recipients_tenant_id_broadcast_id_fkey";
            columns: ["tenant_id", "broadcast_id"];
            isOneToOne: false;
            referencedRelation: "broadcast_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_broadcast_id_fkey";
            columns: ["tenant_id", "broadcast_message_id"];
            isOneToOne: false;
            referencedRelation: "broadcast_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_broadcast_id_fkey";
            columns: ["tenant_id", "broadcast_id"];
            isOneToOne: false;
            referencedRelation: "broadcasts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_broadcast_id_fkey";
            columns: ["tenant_id", "broadcast_message_id"];
            isOneToOne: false;
            referencedRelation: "broadcasts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "broadcast_recipients_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "contractor_leads": {
        Row: {
          "attributes": NonNullable<Json>;
          "auth_user_id": string | null;
          "blocked_at": string | null;
          "company": string | null;
          "created_at": string;
          "display_name": string | null;
          "erased_at": string | null;
          "home_region": string | null;
          "id": string;
          "kind": string;
          "locale": string | null;
          "merged_into": string | null;
          "name_held": boolean;
          "tenant_id": string;
          "time_zone": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "attributes"?: Json | null;
          "auth_user_id"?: string | null;
          "blocked_at"?: string | null;
          "company"?: string | null;
          "created_at"?: string | null;
          "display_name"?: string | null;
          "erased_at"?: string | null;
          "home_region"?: string | null;
          "id"?: string | null;
          "kind"?: string | null;
          "locale"?: string | null;
          "merged_into"?: string | null;
          "name_held"?: boolean | null;
          "tenant_id"?: string | null;
          "time_zone"?: string | null;
          "updated_at"?: string | null;
        };
        Update: {
          "attributes"?: Json | null;
          "auth_user_id"?: string | null;
          "blocked_at"?: string | null;
          "company"?: string | null;
          "created_at"?: string | null;
          "display_name"?: string | null;
          "erased_at"?: string | null;
          "home_region"?: string | null;
          "id"?: string | null;
          "kind"?: string | null;
          "locale"?: string | null;
          "merged_into"?: string | null;
          "name_held"?: boolean | null;
          "tenant_id"?: string | null;
          "time_zone"?: string | null;
          "updated_at"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "contractor_outreach_attempts": {
        Row: {
          "attempt_id": string;
          "bid_card_id": string | null;
          "campaign_id": string | null;
          "channel": string;
          "contractor_lead_id": string;
          "created_at": string;
          "delivery_metadata": Json | null;
          "message_id": string;
          "message_template_id": string | null;
          "personalized_content": string;
          "sent_at": string | null;
          "status": string | null;
          "tenant_id": string;
          "thread_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "et_outbound_queue_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: true;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "contractors": {
        Row: {
          "attributes": NonNullable<Json>;
          "auth_user_id": string | null;
          "blocked_at": string | null;
          "company": string | null;
          "created_at": string;
          "display_name": string | null;
          "erased_at": string | null;
          "home_region": string | null;
          "id": string;
          "kind": string;
          "locale": string | null;
          "merged_into": string | null;
          "name_held": boolean;
          "tenant_id": string;
          "time_zone": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "attributes"?: Json | null;
          "auth_user_id"?: string | null;
          "blocked_at"?: string | null;
          "company"?: string | null;
          "created_at"?: string | null;
          "display_name"?: string | null;
          "erased_at"?: string | null;
          "home_region"?: string | null;
          "id"?: string | null;
          "kind"?: string | null;
          "locale"?: string | null;
          "merged_into"?: string | null;
          "name_held"?: boolean | null;
          "tenant_id"?: string | null;
          "time_zone"?: string | null;
          "updated_at"?: string | null;
        };
        Update: {
          "attributes"?: Json | null;
          "auth_user_id"?: string | null;
          "blocked_at"?: string | null;
          "company"?: string | null;
          "created_at"?: string | null;
          "display_name"?: string | null;
          "erased_at"?: string | null;
          "home_region"?: string | null;
          "id"?: string | null;
          "kind"?: string | null;
          "locale"?: string | null;
          "merged_into"?: string | null;
          "name_held"?: boolean | null;
          "tenant_id"?: string | null;
          "time_zone"?: string | null;
          "updated_at"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "conversations": {
        Row: {
          "archived_at": string | null;
          "artist_id": string | null;
          "bid_card_id": string | null;
          "booking_id": string | null;
          "contractor_id": string | null;
          "created_at": string;
          "customer_id": string | null;
          "homeowner_id": string | null;
          "id": string;
          "job_id": string | null;
          "last_message": string | null;
          "last_message_at": string | null;
          "participants": (string)[] | null;
          "status": string;
          "tenant_id": string;
          "unread_count": number | null;
          "unread_count_artist": number | null;
          "unread_count_customer": number | null;
          "updated_at": string | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "homeowner_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "homeowner_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "homeowner_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "homeowner_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "homeowner_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "homeowner_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "artist_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "contractor_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "artist_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "contractor_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "artist_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "contractor_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "artist_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "contractor_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "artist_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "contractor_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "artist_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "contractor_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "email_tracking_events": {
        Row: {
          "contractor_id": string | null;
          "event_data": Json | null;
          "event_id": string | null;
          "event_timestamp": string | null;
          "event_type": string | null;
          "outreach_attempt_id": string | null;
          "tenant_id": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "et_chat_messages": {
        Row: {
          "auto_class": string;
          "based_on_seq": number | null;
          "body": string;
          "cause_id": string | null;
          "cause_kind": string | null;
          "channel": string;
          "channel_session_id": string | null;
          "client_message_id": string | null;
          "content_digest": string | null;
          "context_id": string | null;
          "context_kind": string | null;
          "control_epoch": number | null;
          "created_at": string;
          "deleted_at": string | null;
          "delivery_status": string;
          "direction": string;
          "edited_at": string | null;
          "erased_at": string | null;
          "external_message_id": string | null;
          "feed_epoch": number;
          "id": string;
          "language": string | null;
          "message_type": string;
          "metadata": NonNullable<Json>;
          "moderation_status": string;
          "occurred_at": string | null;
          "reactions": Json | null;
          "reference_ids": (string)[] | null;
          "reply_to_id": string | null;
          "rev": number;
          "search_vector": unknown;
          "sender": string;
          "sender_address": string | null;
          "sender_contact_id": string | null;
          "sender_kind": string;
          "sender_name": string | null;
          "sender_user_id": string | null;
          "seq": number;
          "spam_score": number;
          "staff_readable": boolean;
          "subject": string | null;
          "tenant_id": string;
          "thread_id": string;
          "xid": unknown;
        };
        ComputedFields: never;
        Insert: {
          "auto_class"?: string | null;
          "based_on_seq"?: number | null;
          "body"?: string | null;
          "cause_id"?: string | null;
          "cause_kind"?: string | null;
          "channel"?: string | null;
          "channel_session_id"?: string | null;
          "client_message_id"?: string | null;
          "content_digest"?: string | null;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "control_epoch"?: number | null;
          "created_at"?: string | null;
          "deleted_at"?: string | null;
          "delivery_status"?: string | null;
          "direction"?: string | null;
          "edited_at"?: string | null;
          "erased_at"?: string | null;
          "external_message_id"?: string | null;
          "feed_epoch"?: number | null;
          "id"?: string | null;
          "language"?: string | null;
          "message_type"?: string | null;
          "metadata"?: Json | null;
          "moderation_status"?: string | null;
          "occurred_at"?: string | null;
          "reactions"?: Json | null;
          "reference_ids"?: (string)[] | null;
          "reply_to_id"?: string | null;
          "rev"?: number | null;
          "search_vector"?: unknown;
          "sender"?: string | null;
          "sender_address"?: string | null;
          "sender_contact_id"?: string | null;
          "sender_kind"?: string | null;
          "sender_name"?: string | null;
          "sender_user_id"?: string | null;
          "seq"?: number | null;
          "spam_score"?: number | null;
          "staff_readable"?: boolean | null;
          "subject"?: string | null;
          "tenant_id"?: string | null;
          "thread_id"?: string | null;
          "xid"?: unknown;
        };
        Update: {
          "auto_class"?: string | null;
          "based_on_seq"?: number | null;
          "body"?: string | null;
          "cause_id"?: string | null;
          "cause_kind"?: string | null;
          "channel"?: string | null;
          "channel_session_id"?: string | null;
          "client_message_id"?: string | null;
          "content_digest"?: string | null;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "control_epoch"?: number | null;
          "created_at"?: string | null;
          "deleted_at"?: string | null;
          "delivery_status"?: string | null;
          "direction"?: string | null;
          "edited_at"?: string | null;
          "erased_at"?: string | null;
          "external_message_id"?: string | null;
          "feed_epoch"?: number | null;
          "id"?: string | null;
          "language"?: string | null;
          "message_type"?: string | null;
          "metadata"?: Json | null;
          "moderation_status"?: string | null;
          "occurred_at"?: string | null;
          "reactions"?: Json | null;
          "reference_ids"?: (string)[] | null;
          "reply_to_id"?: string | null;
          "rev"?: number | null;
          "search_vector"?: unknown;
          "sender"?: string | null;
          "sender_address"?: string | null;
          "sender_contact_id"?: string | null;
          "sender_kind"?: string | null;
          "sender_name"?: string | null;
          "sender_user_id"?: string | null;
          "seq"?: number | null;
          "spam_score"?: number | null;
          "staff_readable"?: boolean | null;
          "subject"?: string | null;
          "tenant_id"?: string | null;
          "thread_id"?: string | null;
          "xid"?: unknown;
        };
        Relationships: [
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_sender_contact_id_fkey";
            columns: ["tenant_id", "sender_contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "et_conversation_threads": {
        Row: {
          "assignee_id": string | null;
          "channel": string;
          "channel_session_id": string | null;
          "closed_at": string | null;
          "contact_id": string | null;
          "context_id": string | null;
          "context_kind": string | null;
          "control": string;
          "control_epoch": number;
          "created_at": string;
          "erased_at": string | null;
          "folder": string;
          "folder_said_seq": number | null;
          "id": string;
          "kind": string;
          "labels": (string)[];
          "last_direction": string | null;
          "last_inbound_seq": number;
          "last_message_at": string | null;
          "last_rev": number;
          "last_seq": number;
          "merged_into": string | null;
          "other_contact_id": string | null;
          "preview": string | null;
          "relationship_id": string | null;
          "scope_key": string;
          "scope_rule": string;
          "search_policy": string | null;
          "snoozed_until": string | null;
          "staff_read_seq": number;
          "staff_readable": boolean;
          "status": string;
          "subject": string | null;
          "tenant_id": string;
          "unread_count": number;
        };
        ComputedFields: never;
        Insert: {
          "assignee_id"?: string | null;
          "channel"?: string | null;
          "channel_session_id"?: string | null;
          "closed_at"?: string | null;
          "contact_id"?: string | null;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "control"?: string | null;
          "control_epoch"?: number | null;
          "created_at"?: string | null;
          "erased_at"?: string | null;
          "folder"?: string | null;
          "folder_said_seq"?: number | null;
          "id"?: string | null;
          "kind"?: string | null;
          "labels"?: (string)[] | null;
          "last_direction"?: string | null;
          "last_inbound_seq"?: number | null;
          "last_message_at"?: string | null;
          "last_rev"?: number | null;
          "last_seq"?: number | null;
          "merged_into"?: string | null;
          "other_contact_id"?: string | null;
          "preview"?: string | null;
          "relationship_id"?: string | null;
          "scope_key"?: string | null;
          "scope_rule"?: string | null;
          "search_policy"?: string | null;
          "snoozed_until"?: string | null;
          "staff_read_seq"?: number | null;
          "staff_readable"?: boolean | null;
          "status"?: string | null;
          "subject"?: string | null;
          "tenant_id"?: string | null;
          "unread_count"?: number | null;
        };
        Update: {
          "assignee_id"?: string | null;
          "channel"?: string | null;
          "channel_session_id"?: string | null;
          "closed_at"?: string | null;
          "contact_id"?: string | null;
          "context_id"?: string | null;
          "context_kind"?: string | null;
          "control"?: string | null;
          "control_epoch"?: number | null;
          "created_at"?: string | null;
          "erased_at"?: string | null;
          "folder"?: string | null;
          "folder_said_seq"?: number | null;
          "id"?: string | null;
          "kind"?: string | null;
          "labels"?: (string)[] | null;
          "last_direction"?: string | null;
          "last_inbound_seq"?: number | null;
          "last_message_at"?: string | null;
          "last_rev"?: number | null;
          "last_seq"?: number | null;
          "merged_into"?: string | null;
          "other_contact_id"?: string | null;
          "preview"?: string | null;
          "relationship_id"?: string | null;
          "scope_key"?: string | null;
          "scope_rule"?: string | null;
          "search_policy"?: string | null;
          "snoozed_until"?: string | null;
          "staff_read_seq"?: number | null;
          "staff_readable"?: boolean | null;
          "status"?: string | null;
          "subject"?: string | null;
          "tenant_id"?: string | null;
          "unread_count"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "et_threads_tenant_id_assignee_id_fkey";
            columns: ["tenant_id", "assignee_id"];
            isOneToOne: false;
            referencedRelation: "admin_users";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_assignee_id_fkey";
            columns: ["tenant_id", "assignee_id"];
            isOneToOne: false;
            referencedRelation: "admin_users";
            referencedColumns: ["tenant_id", "user_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_assignee_id_fkey";
            columns: ["tenant_id", "assignee_id"];
            isOneToOne: false;
            referencedRelation: "tenant_members";
            referencedColumns: ["tenant_id", "user_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_channel_session_id_fkey";
            columns: ["tenant_id", "channel_session_id"];
            isOneToOne: false;
            referencedRelation: "et_channel_sessions";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_contact_id_fkey";
            columns: ["tenant_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_threads_tenant_id_other_contact_id_fkey";
            columns: ["tenant_id", "other_contact_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "folder_outcomes": {
        Row: {
          "auto_class": string;
          "confirmed": number | null;
          "conversations": number | null;
          "detected": string;
          "false_alarms": number | null;
          "last_said_at": string | null;
          "misses": number | null;
          "score_from": number | null;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "homeowners": {
        Row: {
          "attributes": NonNullable<Json>;
          "auth_user_id": string | null;
          "blocked_at": string | null;
          "company": string | null;
          "created_at": string;
          "display_name": string | null;
          "erased_at": string | null;
          "home_region": string | null;
          "id": string;
          "kind": string;
          "locale": string | null;
          "merged_into": string | null;
          "name_held": boolean;
          "tenant_id": string;
          "time_zone": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "attributes"?: Json | null;
          "auth_user_id"?: string | null;
          "blocked_at"?: string | null;
          "company"?: string | null;
          "created_at"?: string | null;
          "display_name"?: string | null;
          "erased_at"?: string | null;
          "home_region"?: string | null;
          "id"?: string | null;
          "kind"?: string | null;
          "locale"?: string | null;
          "merged_into"?: string | null;
          "name_held"?: boolean | null;
          "tenant_id"?: string | null;
          "time_zone"?: string | null;
          "updated_at"?: string | null;
        };
        Update: {
          "attributes"?: Json | null;
          "auth_user_id"?: string | null;
          "blocked_at"?: string | null;
          "company"?: string | null;
          "created_at"?: string | null;
          "display_name"?: string | null;
          "erased_at"?: string | null;
          "home_region"?: string | null;
          "id"?: string | null;
          "kind"?: string | null;
          "locale"?: string | null;
          "merged_into"?: string | null;
          "name_held"?: boolean | null;
          "tenant_id"?: string | null;
          "time_zone"?: string | null;
          "updated_at"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "jobs": {
        Row: {
          "attributes": NonNullable<Json>;
          "bid_id": string | null;
          "created_at": string;
          "currency": string;
          "customer_id": string;
          "description": string | null;
          "ends_at": string | null;
          "id": string;
          "kind": string;
          "location": string | null;
          "price": number | null;
          "project_id": string | null;
          "provider_id": string;
          "requested_by": string;
          "starts_at": string | null;
          "status": string;
          "status_changed_at": string;
          "tenant_id": string;
          "title": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "attributes"?: Json | null;
          "bid_id"?: string | null;
          "created_at"?: string | null;
          "currency"?: string | null;
          "customer_id"?: string | null;
          "description"?: string | null;
          "ends_at"?: string | null;
          "id"?: string | null;
          "kind"?: string | null;
          "location"?: string | null;
          "price"?: number | null;
          "project_id"?: string | null;
          "provider_id"?: string | null;
          "requested_by"?: string | null;
          "starts_at"?: string | null;
          "status"?: string | null;
          "status_changed_at"?: string | null;
          "tenant_id"?: string | null;
          "title"?: string | null;
          "updated_at"?: string | null;
        };
        Update: {
          "attributes"?: Json | null;
          "bid_id"?: string | null;
          "created_at"?: string | null;
          "currency"?: string | null;
          "customer_id"?: string | null;
          "description"?: string | null;
          "ends_at"?: string | null;
          "id"?: string | null;
          "kind"?: string | null;
          "location"?: string | null;
          "price"?: number | null;
          "project_id"?: string | null;
          "provider_id"?: string | null;
          "requested_by"?: string | null;
          "starts_at"?: string | null;
          "status"?: string | null;
          "status_changed_at"?: string | null;
          "tenant_id"?: string | null;
          "title"?: string | null;
          "updated_at"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "bookings_tenant_id_bid_id_provider_id_fkey";
            columns: ["tenant_id", "bid_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contractor_bids";
            referencedColumns: ["tenant_id", "id", "provider_id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_customer_id_fkey";
            columns: ["tenant_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_project_id_customer_id_fkey";
            columns: ["tenant_id", "project_id", "customer_id"];
            isOneToOne: false;
            referencedRelation: "projects";
            referencedColumns: ["tenant_id", "id", "customer_id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "bookings_tenant_id_provider_id_fkey";
            columns: ["tenant_id", "provider_id"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "message_receipts": {
        Row: {
          "contact_id": string | null;
          "is_delivered": boolean | null;
          "is_read": boolean | null;
          "message_id": string;
          "seq": number;
          "tenant_id": string;
          "thread_id": string;
          "user_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "messages": {
        Row: {
          "booking_id": string | null;
          "content": string;
          "conversation_id": string;
          "created_at": string;
          "file_name": string | null;
          "file_size": number | null;
          "id": string;
          "images": Json | null;
          "message_content": string;
          "message_id": string;
          "message_type": string;
          "project_id": string | null;
          "read_at": string | null;
          "recipient_id": string | null;
          "sender": string;
          "sender_id": string | null;
          "sender_role": string | null;
          "sent_at": string;
          "status": string | null;
          "tenant_id": string;
          "thread_id": string;
          "updated_at": string | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "thread_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "messaging_system_messages": {
        Row: {
          "content": string;
          "conversation_id": string;
          "created_at": string;
          "filtered_content": string;
          "id": string;
          "message_type": string;
          "metadata": NonNullable<Json>;
          "moderation_status": string;
          "sender_id": string | null;
          "sender_type": string;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "content"?: string | null;
          "conversation_id"?: string | null;
          "created_at"?: string | null;
          "filtered_content"?: string | null;
          "id"?: string | null;
          "message_type"?: string | null;
          "metadata"?: Json | null;
          "moderation_status"?: string | null;
          "sender_id"?: never;
          "sender_type"?: string | null;
          "tenant_id"?: string | null;
        };
        Update: {
          "content"?: string | null;
          "conversation_id"?: string | null;
          "created_at"?: string | null;
          "filtered_content"?: string | null;
          "id"?: string | null;
          "message_type"?: string | null;
          "metadata"?: Json | null;
          "moderation_status"?: string | null;
          "sender_id"?: never;
          "sender_type"?: string | null;
          "tenant_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "conversation_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "agent_conversations";
            referencedColumns: ["tenant_id", "thread_id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "et_conversation_threads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "et_messages_tenant_id_thread_id_fkey";
            columns: ["tenant_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "et_threads";
            referencedColumns: ["tenant_id", "id"];
          },
        ];
      };
      "potential_contractors": {
        Row: {
          "attributes": NonNullable<Json>;
          "auth_user_id": string | null;
          "blocked_at": string | null;
          "business_name": string | null;
          "company": string | null;
          "created_at": string;
          "display_name": string | null;
          "erased_at": string | null;
          "home_region": string | null;
          "id": string;
          "kind": string;
          "locale": string | null;
          "merged_into": string | null;
          "name_held": boolean;
          "tenant_id": string;
          "time_zone": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "attributes"?: Json | null;
          "auth_user_id"?: string | null;
          "blocked_at"?: string | null;
          "business_name"?: string | null;
          "company"?: string | null;
          "created_at"?: string | null;
          "display_name"?: string | null;
          "erased_at"?: string | null;
          "home_region"?: string | null;
          "id"?: string | null;
          "kind"?: string | null;
          "locale"?: string | null;
          "merged_into"?: string | null;
          "name_held"?: boolean | null;
          "tenant_id"?: string | null;
          "time_zone"?: string | null;
          "updated_at"?: string | null;
        };
        Update: {
          "attributes"?: Json | null;
          "auth_user_id"?: string | null;
          "blocked_at"?: string | null;
          "business_name"?: string | null;
          "company"?: string | null;
          "created_at"?: string | null;
          "display_name"?: string | null;
          "erased_at"?: string | null;
          "home_region"?: string | null;
          "id"?: string | null;
          "kind"?: string | null;
          "locale"?: string | null;
          "merged_into"?: string | null;
          "name_held"?: boolean | null;
          "tenant_id"?: string | null;
          "time_zone"?: string | null;
          "updated_at"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contractor_leads";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "homeowners";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "potential_contractors";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_merged_into_fkey";
            columns: ["tenant_id", "merged_into"];
            isOneToOne: false;
            referencedRelation: "users";
            referencedColumns: ["tenant_id", "contact_id"];
          },
        ];
      };
      "security_actions": {
        Row: {
          "action": string | null;
          "contact_id": string | null;
          "created_at": string;
          "day": string | null;
          "decision": string;
          "kinds": (string)[];
          "lane": string;
          "message_id": string;
          "overturned": boolean | null;
          "policy_version": number;
          "ruled_at": string | null;
          "ruling": string | null;
          "stage": string;
          "tenant_id": string;
          "thread_id": string;
          "verdict_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_policy_version_fkey";
            columns: ["tenant_id", "policy_version"];
            isOneToOne: false;
            referencedRelation: "moderation_policies";
            referencedColumns: ["tenant_id", "version"];
          },
        ];
      };
      "security_bid_cards": {
        Row: {
          "approved": number | null;
          "bid_card_id": string | null;
          "blocked": number | null;
          "filtered": number | null;
          "last_stopped_at": string | null;
          "review": number | null;
          "tenant_id": string;
          "texts": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "security_contacts": {
        Row: {
          "approved": number | null;
          "blocked": number | null;
          "contact_id": string | null;
          "filtered": number | null;
          "last_stopped_at": string | null;
          "review": number | null;
          "score": number | null;
          "tenant_id": string;
          "texts": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "security_days": {
        Row: {
          "approved": number | null;
          "blocked": number | null;
          "day": string | null;
          "decided_by_people": number | null;
          "filtered": number | null;
          "lane": string;
          "review": number | null;
          "stage": string;
          "tenant_id": string;
          "texts": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "security_evasions": {
        Row: {
          "attempts": number | null;
          "blocked": number | null;
          "contact_id": string | null;
          "day": string | null;
          "first_at": string | null;
          "last_at": string | null;
          "messages": number | null;
          "tenant_id": string;
          "thread_id": string;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "security_offenders": {
        Row: {
          "blocked": number | null;
          "contact_id": string | null;
          "conversations": number | null;
          "filtered": number | null;
          "first_at": string | null;
          "kinds": (string)[] | null;
          "last_at": string | null;
          "tenant_id": string;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "security_outcomes": {
        Row: {
          "bid_card_id": string | null;
          "contact_id": string | null;
          "created_at": string;
          "day": string | null;
          "decider": string;
          "decision": string;
          "kinds": (string)[];
          "lane": string;
          "message_id": string;
          "policy_version": number;
          "stage": string;
          "tenant_id": string;
          "thread_id": string;
          "threat": number | null;
          "verdict_id": string;
        };
        ComputedFields: never;
        Insert: {
          "bid_card_id"?: never;
          "contact_id"?: string | null;
          "created_at"?: string | null;
          "day"?: never;
          "decider"?: string | null;
          "decision"?: string | null;
          "kinds"?: (string)[] | null;
          "lane"?: string | null;
          "message_id"?: string | null;
          "policy_version"?: number | null;
          "stage"?: string | null;
          "tenant_id"?: string | null;
          "thread_id"?: string | null;
          "threat"?: never;
          "verdict_id"?: string | null;
        };
        Update: {
          "bid_card_id"?: never;
          "contact_id"?: string | null;
          "created_at"?: string | null;
          "day"?: never;
          "decider"?: string | null;
          "decision"?: string | null;
          "kinds"?: (string)[] | null;
          "lane"?: string | null;
          "message_id"?: string | null;
          "policy_version"?: number | null;
          "stage"?: string | null;
          "tenant_id"?: string | null;
          "thread_id"?: string | null;
          "threat"?: never;
          "verdict_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_chat_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "et_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "message_receipts";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["tenant_id", "message_id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_message_id_fkey";
            columns: ["tenant_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messaging_system_messages";
            referencedColumns: ["tenant_id", "id"];
          },
          {
            foreignKeyName: "moderation_verdicts_tenant_id_policy_version_fkey";
            columns: ["tenant_id", "policy_version"];
            isOneToOne: false;
            referencedRelation: "moderation_policies";
            referencedColumns: ["tenant_id", "version"];
          },
        ];
      };
      "security_reviews": {
        Row: {
          "day": string | null;
          "decided": number | null;
          "late": number | null;
          "opened": number | null;
          "origin": string;
          "p50_seconds": number | null;
          "p95_seconds": number | null;
          "tenant_id": string;
          "waiting": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "security_rules": {
        Row: {
          "action": string | null;
          "false_positive_rate": number | null;
          "kind": string | null;
          "overturned": number | null;
          "policy_version": number;
          "reviewed": number | null;
          "tenant_id": string;
          "texts": number | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "moderation_verdicts_tenant_id_policy_version_fkey";
            columns: ["tenant_id", "policy_version"];
            isOneToOne: false;
            referencedRelation: "moderation_policies";
            referencedColumns: ["tenant_id", "version"];
          },
        ];
      };
      "security_scores": {
        Row: {
          "blocked": number | null;
          "score": number | null;
          "tenant_id": string;
          "texts": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "security_threats": {
        Row: {
          "approved": number | null;
          "blocked": number | null;
          "day": string | null;
          "filtered": number | null;
          "kind": string | null;
          "lane": string;
          "review": number | null;
          "stage": string;
          "tenant_id": string;
          "texts": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "users": {
        Row: {
          "auth_user_id": string | null;
          "contact_id": string;
          "created_at": string;
          "id": string | null;
          "name": string | null;
          "role": string | null;
          "tenant_id": string;
        };
        ComputedFields: never;
        Insert: {
          "auth_user_id"?: string | null;
          "contact_id"?: string | null;
          "created_at"?: string | null;
          "id"?: never;
          "name"?: string | null;
          "role"?: never;
          "tenant_id"?: string | null;
        };
        Update: {
          "auth_user_id"?: string | null;
          "contact_id"?: string | null;
          "created_at"?: string | null;
          "id"?: never;
          "name"?: string | null;
          "role"?: never;
          "tenant_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_connected";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_freshness";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_queues";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "board_threads";
            referencedColumns: ["tenant_id"];
          },
          {
            foreignKeyName: "contacts_tenant_id_fkey";
            columns: ["tenant_id"];
            isOneToOne: false;
            referencedRelation: "tenants";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Functions: {
      "accept_invitation": { Args: { "p_token": string }; Returns: Json };
      "activate_moderation_policy": { Args: { "p_expected_version"?: number; "p_version": number }; Returns: Json };
      "add_note": { Args: { "p_client_note_id"?: string; "p_note": string; "p_thread_id": string }; Returns: Json };
      "add_people": { Args: { "p_contact_ids": (string)[]; "p_thread_id": string }; Returns: Json };
      "address_kind": { Args: { "p_channel": string }; Returns: string };
      "answer_times": { Args: { "p_since": string; "p_until": string }; Returns: Json };
      "appeal_moderation": { Args: { "p_message_id": string; "p_text": string }; Returns: Json };
      "appeal_mute": { Args: { "p_tenant_slug"?: string; "p_text": string }; Returns: Json };
      "archive_thread": { Args: { "p_thread_id": string }; Returns: Json };
      "assign_task": { Args: { "p_task_id": string; "p_user_id": string }; Returns: Json };
      "assign_thread": { Args: { "p_assignee_id": string; "p_thread_id": string }; Returns: Json };
      "attachment_data": { Args: { "p_attachment_id": string }; Returns: string };
      "authorize_channel_secret": { Args: { "p_name": string; "p_session_id": string }; Returns: Json };
      "block_contact": { Args: { "p_blocked"?: boolean; "p_contact_id": string }; Returns: Json };
      "block_person": {
        Args: { "p_blocked"?: boolean; "p_contact_id": string; "p_tenant_slug"?: string };
        Returns: Json;
      };
      "can_pair": { Args: { "p_provider": string }; Returns: boolean };
      "cancel_broadcast": { Args: { "p_broadcast_id": string }; Returns: Json };
      "change_bid_card": { Args: { "p_bid_card": Json; "p_bid_card_id": string }; Returns: Json };
      "change_booking": { Args: { "p_booking": Json; "p_booking_id": string }; Returns: Json };
      "change_note": { Args: { "p_note": string; "p_note_id": string }; Returns: Json };
      "change_project": { Args: { "p_project": Json; "p_project_id": string }; Returns: Json };
      "change_task": { Args: { "p_changes": Json; "p_task_id": string }; Returns: Json };
      "claim_contact": { Args: { "p_tenant_slug": string }; Returns: Json };
      "claim_referral": { Args: { "p_code": string; "p_tenant_slug": string }; Returns: Json };
      "claim_review": { Args: { "p_reason": string; "p_review_id": string }; Returns: Json };
      "close_thread": { Args: { "p_thread_id": string }; Returns: Json };
      "complete_task": { Args: { "p_note"?: string; "p_outcome": string; "p_task_id": string }; Returns: Json };
      "contact_trust": { Args: { "p_contact_id": string }; Returns: Json };
      "create_api_key": { Args: { "p_expires_at"?: string; "p_name": string; "p_scopes"?: (string)[] }; Returns: Json };
      "create_bid_card": { Args: { "p_bid_card": Json; "p_tenant_slug"?: string }; Returns: Json };
      "create_booking": { Args: { "p_booking": Json; "p_tenant_slug"?: string }; Returns: Json };
      "create_broadcast": { Args: { "p_body": string; "p_broadcast_id"?: string; "p_segment"?: Json }; Returns: Json };
      "create_channel_session": {
        Args: {
          "p_address": string;
          "p_channel": string;
          "p_config"?: Json;
          "p_name": string;
          "p_provider": string;
          "p_sender_name"?: string;
        };
        Returns: Json;
      };
      "create_form_link": {
        Args: { "p_contact_id": string; "p_days"?: number; "p_message_id"?: string; "p_session_id": string };
        Returns: Json;
      };
      "create_project": { Args: { "p_project": Json; "p_tenant_slug"?: string }; Returns: Json };
      "create_referral": { Args: { "p_referral": Json; "p_tenant_slug"?: string }; Returns: Json };
      "create_tenant": {
        Args: { "p_locale"?: string; "p_name": string; "p_slug": string; "p_time_zone"?: string };
        Returns: Json;
      };
      "decide_review": {
        Args: {
          "p_decision": string;
          "p_digest": string;
          "p_note"?: string;
          "p_reason": string;
          "p_review_id": string;
          "p_spans"?: Json;
        };
        Returns: Json;
      };
      "delete_canned_reply": { Args: { "p_reply_id": string }; Returns: Json };
      "delete_faq_entry": { Args: { "p_faq_id": string }; Returns: Json };
      "delete_note": { Args: { "p_note_id": string }; Returns: Json };
      "delete_own_message": { Args: { "p_message_id": string }; Returns: Json };
      "delete_tenant": { Args: Record<PropertyKey, never>; Returns: Json };
      "diff_moderation_policies": { Args: { "p_from_version": number; "p_to_version": number }; Returns: Json };
      "edit_message": { Args: { "p_changes": Json; "p_message_id": string }; Returns: Json };
      "edit_own_message": { Args: { "p_body": string; "p_message_id": string }; Returns: Json };
      "erase_contact": { Args: { "p_contact_id": string; "p_reason": string }; Returns: Json };
      "explain_message": { Args: { "p_message_id": string }; Returns: Json };
      "export_audit": { Args: { "p_filter"?: Json; "p_limit"?: number; "p_log": string }; Returns: Json };
      "find_conversations": { Args: { "p_filter"?: Json; "p_limit"?: number; "p_reason": string }; Returns: Json };
      "forget_device": { Args: { "p_app": string; "p_kind": string; "p_token": string }; Returns: Json };
      "forget_push": { Args: { "p_endpoint": string }; Returns: Json };
      "get_broadcast": { Args: { "p_broadcast_id": string }; Returns: Json };
      "get_conversation": { Args: { "p_thread_id": string }; Returns: Json };
      "hand_back_thread": { Args: { "p_thread_id": string }; Returns: Json };
      "invite_member": { Args: { "p_address": string; "p_role"?: string }; Returns: Json };
      "keep_mute": { Args: { "p_mute_id": string; "p_reason": string }; Returns: Json };
      "label_thread": { Args: { "p_add"?: (string)[]; "p_remove"?: (string)[]; "p_thread_id": string }; Returns: Json };
      "leave_conversation": { Args: { "p_thread_id": string }; Returns: Json };
      "lift_mute": { Args: { "p_mute_id": string; "p_reason": string }; Returns: Json };
      "lift_suppression": { Args: { "p_address": string; "p_kind": string }; Returns: Json };
      "list_conversations": {
        Args: {
          "p_client_state"?: string;
          "p_cursor"?: string;
          "p_filter"?: string;
          "p_limit"?: number;
          "p_tenant_slug"?: string;
        };
        Returns: Json;
      };
      "list_history": {
        Args: { "p_before_id"?: string; "p_limit"?: number; "p_thread_id": string };
        Returns: {
          "auto_class": string;
          "based_on_seq": number | null;
          "body": string;
          "cause_id": string | null;
          "cause_kind": string | null;
          "channel": string;
          "channel_session_id": string | null;
          "client_message_id": string | null;
          "content_digest": string | null;
          "context_id": string | null;
          "context_kind": string | null;
          "control_epoch": number | null;
          "created_at": string;
          "deleted_at": string | null;
          "delivery_status": string;
          "direction": string;
          "edited_at": string | null;
          "erased_at": string | null;
          "external_message_id": string | null;
          "feed_epoch": number;
          "id": string;
          "language": string | null;
          "message_type": string;
          "metadata": NonNullable<Json>;
          "moderation_status": string;
          "occurred_at": string | null;
          "reactions": Json | null;
          "reference_ids": (string)[] | null;
          "reply_to_id": string | null;
          "rev": number;
          "search_vector": unknown;
          "sender": string;
          "sender_address": string | null;
          "sender_contact_id": string | null;
          "sender_kind": string;
          "sender_name": string | null;
          "sender_user_id": string | null;
          "seq": number;
          "spam_score": number;
          "staff_readable": boolean;
          "subject": string | null;
          "tenant_id": string;
          "thread_id": string;
          "xid": unknown;
        }[];
        SetofOptions: {
          from: "*";
          to: "et_messages";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "list_invariants": { Args: Record<PropertyKey, never>; Returns: Json };
      "list_messages": {
        Args: { "p_limit"?: number; "p_since"?: number; "p_thread_id": string };
        Returns: {
          "auto_class": string;
          "based_on_seq": number | null;
          "body": string;
          "cause_id": string | null;
          "cause_kind": string | null;
          "channel": string;
          "channel_session_id": string | null;
          "client_message_id": string | null;
          "content_digest": string | null;
          "context_id": string | null;
          "context_kind": string | null;
          "control_epoch": number | null;
          "created_at": string;
          "deleted_at": string | null;
          "delivery_status": string;
          "direction": string;
          "edited_at": string | null;
          "erased_at": string | null;
          "external_message_id": string | null;
          "feed_epoch": number;
          "id": string;
          "language": string | null;
          "message_type": string;
          "metadata": NonNullable<Json>;
          "moderation_status": string;
          "occurred_at": string | null;
          "reactions": Json | null;
          "reference_ids": (string)[] | null;
          "reply_to_id": string | null;
          "rev": number;
          "search_vector": unknown;
          "sender": string;
          "sender_address": string | null;
          "sender_contact_id": string | null;
          "sender_kind": string;
          "sender_name": string | null;
          "sender_user_id": string | null;
          "seq": number;
          "spam_score": number;
          "staff_readable": boolean;
          "subject": string | null;
          "tenant_id": string;
          "thread_id": string;
          "xid": unknown;
        }[];
        SetofOptions: {
          from: "*";
          to: "et_messages";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "list_people": {
        Args: { "p_context_id": string; "p_context_kind": string; "p_tenant_slug"?: string };
        Returns: Json;
      };
      "list_webhook_failures": { Args: { "p_limit"?: number }; Returns: Json };
      "mark_delivered": { Args: { "p_seq"?: number; "p_thread_id": string }; Returns: Json };
      "mark_notifications_read": { Args: { "p_ids"?: (string)[] }; Returns: Json };
      "mark_read": { Args: { "p_seq"?: number; "p_thread_id": string }; Returns: Json };
      "mark_thread_read": { Args: { "p_seq"?: number; "p_thread_id": string }; Returns: Json };
      "merge_contacts": { Args: { "p_loser_id": string; "p_winner_id": string }; Returns: Json };
      "merge_threads": { Args: { "p_loser_id": string; "p_winner_id": string }; Returns: Json };
      "message_html": { Args: { "p_message_id": string }; Returns: Json };
      "my_message_moderation": { Args: { "p_message_id": string }; Returns: Json };
      "my_standing": { Args: { "p_tenant_slug"?: string }; Returns: Json };
      "open_attachment": {
        Args: { "p_attachment_id": string; "p_reason"?: string; "p_thumbnail"?: boolean };
        Returns: Json;
      };
      "operations_board": { Args: { "p_from"?: string; "p_step"?: string; "p_to"?: string }; Returns: Json };
      "operations_series": {
        Args: { "p_channel"?: string; "p_from"?: string; "p_metric": string; "p_step"?: string; "p_to"?: string };
        Returns: Json;
      };
      "own_tenant_names": { Args: Record<PropertyKey, never>; Returns: Json };
      "pair_channel_session": { Args: { "p_session_id": string }; Returns: Json };
      "poll_messages": {
        Args: {
          "p_before_seq"?: number;
          "p_client_state"?: string;
          "p_limit"?: number;
          "p_since"?: number;
          "p_thread_id": string;
        };
        Returns: Json;
      };
      "post_system_message": {
        Args: {
          "p_body": string;
          "p_client_message_id"?: string;
          "p_context_id"?: string;
          "p_context_kind"?: string;
          "p_metadata"?: Json;
          "p_tenant_id"?: string;
          "p_thread_id": string;
        };
        Returns: Json;
      };
      "push_key": { Args: Record<PropertyKey, never>; Returns: Json };
      "put_canned_reply": {
        Args: { "p_body": string; "p_enabled"?: boolean; "p_intent": string; "p_language"?: string };
        Returns: Json;
      };
      "put_connection_fee": { Args: { "p_amount": number; "p_bid_id": string; "p_currency"?: string }; Returns: Json };
      "put_contact": { Args: { "p_contact"?: Json; "p_contact_id"?: string }; Returns: Json };
      "put_context_participants": {
        Args: { "p_context_id": string; "p_context_kind": string; "p_participants": Json; "p_tenant_id"?: string };
        Returns: Json;
      };
      "put_faq_entry": { Args: { "p_entry"?: Json; "p_faq_id"?: string }; Returns: Json };
      "put_moderation_policy": {
        Args: { "p_activate"?: boolean; "p_document": Json; "p_expected_version"?: number; "p_note"?: string };
        Returns: Json;
      };
      "put_profile": { Args: { "p_profile": Json; "p_tenant_slug": string }; Returns: Json };
      "react_to_message": {
        Args: { "p_message_id": string; "p_present"?: boolean; "p_reaction": string };
        Returns: Json;
      };
      "read_original": { Args: { "p_message_id": string; "p_reason": string }; Returns: Json };
      "read_suggestions": { Args: { "p_request_id": string }; Returns: Json };
      "read_thread": {
        Args: { "p_before_seq"?: number; "p_limit"?: number; "p_reason": string; "p_thread_id": string };
        Returns: Json;
      };
      "read_translation": { Args: { "p_language"?: string; "p_message_id": string }; Returns: Json };
      "reading_rates": { Args: { "p_since": string; "p_until": string }; Returns: Json };
      "record_consent": {
        Args: {
          "p_channel": string;
          "p_contact_id": string;
          "p_granted": boolean;
          "p_purpose": string;
          "p_source"?: string;
          "p_wording"?: string;
        };
        Returns: Json;
      };
      "register_device": {
        Args: { "p_app": string; "p_kind": string; "p_tenant_slug"?: string; "p_token": string };
        Returns: Json;
      };
      "register_push": {
        Args: { "p_auth": string; "p_endpoint": string; "p_p256dh": string; "p_tenant_slug"?: string };
        Returns: Json;
      };
      "release_review": { Args: { "p_review_id": string }; Returns: Json };
      "release_words": { Args: { "p_field"?: string; "p_kind": string; "p_row_id": string }; Returns: Json };
      "remove_member": { Args: { "p_user_id": string }; Returns: Json };
      "reopen_thread": { Args: { "p_thread_id": string }; Returns: Json };
      "reply_limits": {
        Args: { "p_thread_id": string };
        Returns: {
          "no_reply": string;
          "reply_chars": number;
          "reply_until": string;
          "reply_utf16": boolean;
          "takes_templates": boolean;
        }[];
      };
      "reserve_attachment": {
        Args: { "p_content_type": string; "p_filename": string; "p_size_bytes": number; "p_tenant_slug"?: string };
        Returns: Json;
      };
      "resolve_conversation": { Args: { "p_alias": string; "p_tenant_slug"?: string }; Returns: Json };
      "resolve_unknown": { Args: { "p_message_id": string; "p_resolution": string }; Returns: Json };
      "retry_inbound": { Args: { "p_message_id": string }; Returns: Json };
      "retry_webhook": { Args: { "p_webhook_id": string }; Returns: Json };
      "reveal_contacts": { Args: { "p_reason": string; "p_thread_id": string }; Returns: Json };
      "revoke_api_key": { Args: { "p_api_key_id": string }; Returns: Json };
      "revoke_invitation": { Args: { "p_invitation_id": string }; Returns: Json };
      "search_messages": {
        Args: { "p_limit"?: number; "p_query": string };
        Returns: {
          "created_at": string;
          "headline": string;
          "message_id": string;
          "seq": number;
          "subject": string;
          "thread_id": string;
        }[];
      };
      "security_analysis": {
        Args: {
          "p_after"?: Json;
          "p_group": string;
          "p_lane"?: string;
          "p_limit"?: number;
          "p_since": string;
          "p_until": string;
        };
        Returns: Json;
      };
      "security_summary": { Args: { "p_since": string; "p_until": string }; Returns: Json };
      "send_again": { Args: { "p_message_id": string }; Returns: Json };
      "send_message": {
        Args: {
          "p_attachments"?: (string)[];
          "p_body": string;
          "p_client_message_id"?: string;
          "p_context_id"?: string;
          "p_context_kind"?: string;
          "p_expected_last_seq"?: number;
          "p_reply_to_id"?: string;
          "p_subject"?: string;
          "p_template"?: Json;
          "p_thread_id": string;
        };
        Returns: Json;
      };
      "set_bid_card_status": { Args: { "p_bid_card_id": string; "p_status": string }; Returns: Json };
      "set_bid_status": { Args: { "p_bid_id": string; "p_status": string }; Returns: Json };
      "set_booking_status": { Args: { "p_booking_id": string; "p_status": string }; Returns: Json };
      "set_channel_session_status": { Args: { "p_session_id": string; "p_status": string }; Returns: Json };
      "set_connection_fee_status": {
        Args: { "p_fee_id": string; "p_payment_reference"?: string; "p_status": string };
        Returns: Json;
      };
      "set_conversation": {
        Args: { "p_archived"?: boolean; "p_muted_until"?: string; "p_thread_id": string };
        Returns: Json;
      };
      "set_language": { Args: { "p_language"?: string }; Returns: Json };
      "set_member_role": { Args: { "p_role": string; "p_user_id": string }; Returns: Json };
      "set_project_status": { Args: { "p_project_id": string; "p_status": string }; Returns: Json };
      "set_referral_status": { Args: { "p_referral_id": string; "p_status": string }; Returns: Json };
      "set_thread_folder": {
        Args: { "p_expected_last_seq"?: number; "p_folder": string; "p_thread_id": string };
        Returns: Json;
      };
      "set_thread_search": { Args: { "p_policy"?: string; "p_thread_id": string }; Returns: Json };
      "snooze_thread": { Args: { "p_thread_id": string; "p_until": string }; Returns: Json };
      "start_thread": {
        Args: {
          "p_body"?: string;
          "p_client_message_id"?: string;
          "p_contact_id"?: string;
          "p_contact_ids"?: (string)[];
          "p_context_id"?: string;
          "p_context_kind"?: string;
          "p_purpose"?: string;
          "p_session_id"?: string;
          "p_subject"?: string;
          "p_template"?: Json;
          "p_tenant_slug"?: string;
        };
        Returns: Json;
      };
      "submit_bid": { Args: { "p_bid": Json; "p_bid_card_id": string }; Returns: Json };
      "suggest_replies": { Args: { "p_thread_id": string }; Returns: Json };
      "suppress_address": { Args: { "p_address": string; "p_kind": string; "p_scope"?: string }; Returns: Json };
      "switch_moderation_off": { Args: { "p_expected_version"?: number }; Returns: Json };
      "switch_tenant": { Args: { "p_tenant_id": string }; Returns: Json };
      "take_over_thread": { Args: { "p_thread_id": string }; Returns: Json };
      "test_channel_session": {
        Args: { "p_address": string; "p_session_id": string; "p_template"?: Json };
        Returns: Json;
      };
      "thread_rev_at": { Args: { "p_at": string; "p_thread_id": string }; Returns: number };
      "translate_message": { Args: { "p_language"?: string; "p_message_id": string }; Returns: Json };
      "unread_total": { Args: { "p_tenant_slug"?: string }; Returns: Json };
      "update_channel_session": { Args: { "p_patch"?: Json; "p_session_id": string }; Returns: Json };
      "update_tenant": { Args: { "p_patch": Json }; Returns: Json };
      "upload_attachment": {
        Args: { "p_content_type": string; "p_data": string; "p_filename": string };
        Returns: Json;
      };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof (
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
    )
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals } ? (
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
  )[TableName] extends {
    Row: infer R;
  } ? R
  : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R;
    } ? R
    : never
  : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
    Insert: infer I;
  } ? I
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I;
    } ? I
    : never
  : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
    Update: infer U;
  } ? U
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U;
    } ? U
    : never
  : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never;

export const Constants = {
  "public": {
    Enums: {},
  },
} as const;
