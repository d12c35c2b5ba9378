//! The tables as diesel knows them; `migrations/` is what makes them so.

diesel::table! {
    users (id) {
        id -> BigInt,
        username -> Text,
        username_folded -> Text,
        email -> Text,
        email_folded -> Text,
        password_hash -> Text,
        role -> Text,
        is_active -> Bool,
        max_stored_bytes -> Nullable<BigInt>,
        max_downloads_per_day -> Nullable<BigInt>,
        max_active_downloads -> Nullable<BigInt>,
        created_at -> BigInt,
        last_login_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        user_id -> BigInt,
        token_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        user_agent -> Nullable<Text>,
        address -> Nullable<Text>,
    }
}

diesel::table! {
    revocations (sequence) {
        sequence -> BigInt,
        session_id -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    revocation_counter (id) {
        id -> Integer,
        last_sequence -> BigInt,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Text,
        user_id -> BigInt,
        name -> Text,
        prefix -> Text,
        key_hash -> Text,
        scopes -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    login_allowances (account, source) {
        account -> Text,
        source -> Text,
        failures -> Integer,
        blocked_until -> BigInt,
        known_until -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    audit_events (id) {
        id -> BigInt,
        at -> BigInt,
        user_id -> Nullable<BigInt>,
        actor_id -> Nullable<BigInt>,
        action -> Text,
        target -> Nullable<Text>,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        request_id -> Text,
        outcome -> Text,
    }
}

diesel::table! {
    cookie_jars (user_id, platform) {
        user_id -> BigInt,
        platform -> Text,
        sealed -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    downloads (id) {
        id -> Text,
        user_id -> BigInt,
        kind -> Text,
        platform -> Text,
        batch_id -> Nullable<Text>,
        playlist_id -> Nullable<Text>,
        position -> Nullable<Integer>,
        url -> Text,
        video_id -> Text,
        title -> Nullable<Text>,
        uploader -> Nullable<Text>,
        duration -> Nullable<Double>,
        thumbnail -> Nullable<Text>,
        format -> Text,
        quality -> Text,
        options -> Text,
        status -> Text,
        phase -> Nullable<Text>,
        progress -> Double,
        downloaded_bytes -> BigInt,
        total_bytes -> Nullable<BigInt>,
        speed_bps -> Nullable<Double>,
        eta_seconds -> Nullable<BigInt>,
        file_key -> Nullable<Text>,
        filename -> Nullable<Text>,
        file_size -> Nullable<BigInt>,
        file_crc32 -> Nullable<BigInt>,
        file_sha256 -> Nullable<Text>,
        error_code -> Nullable<Text>,
        error -> Nullable<Text>,
        remedy -> Nullable<Text>,
        turn -> BigInt,
        attempts -> Integer,
        fence -> Integer,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        created_at -> BigInt,
        started_at -> Nullable<BigInt>,
        completed_at -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
        held_until -> Nullable<BigInt>,
        held_for -> Nullable<Text>,
        told_fence -> Nullable<Integer>,
        file_removed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    batches (id) {
        id -> Text,
        user_id -> BigInt,
        platform -> Text,
        format -> Text,
        quality -> Text,
        options -> Text,
        status -> Text,
        total -> Integer,
        duplicates -> Integer,
        completed -> Integer,
        failed -> Integer,
        cancelled -> Integer,
        created_at -> BigInt,
        completed_at -> Nullable<BigInt>,
        is_cancelled -> Bool,
        progress_floor -> Double,
    }
}

diesel::table! {
    playlists (id) {
        id -> Text,
        user_id -> BigInt,
        platform -> Text,
        url -> Text,
        site_id -> Text,
        title -> Nullable<Text>,
        uploader -> Nullable<Text>,
        start_index -> Nullable<Integer>,
        end_index -> Nullable<Integer>,
        items -> Nullable<Text>,
        format -> Text,
        quality -> Text,
        options -> Text,
        status -> Text,
        total -> Nullable<Integer>,
        completed -> Integer,
        failed -> Integer,
        cancelled -> Integer,
        created_at -> BigInt,
        completed_at -> Nullable<BigInt>,
        is_cancelled -> Bool,
        progress_floor -> Double,
        max_items -> Integer,
        is_truncated -> Bool,
        is_expanded -> Bool,
        expected_total -> Nullable<Integer>,
        done_to_index -> Integer,
        attempts -> Integer,
        fence -> Integer,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        held_until -> Nullable<BigInt>,
        error_code -> Nullable<Text>,
        error -> Nullable<Text>,
        remedy -> Nullable<Text>,
    }
}

diesel::table! {
    site_pauses (platform) {
        platform -> Text,
        strikes -> Integer,
        paused_until -> BigInt,
        reason -> Text,
    }
}

diesel::table! {
    idempotency_keys (user_id, key) {
        user_id -> BigInt,
        key -> Text,
        request_hash -> Text,
        made_kind -> Text,
        made_id -> Text,
        created_at -> BigInt,
        foretold -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(users, api_keys, audit_events);
