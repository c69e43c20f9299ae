//! The tables, as both databases have them; a test compares this with what the migrations make.
#![expect(missing_docs, reason = "the columns are described in the migrations")]

diesel::table! {
    idempotency (user_id, idempotency_key) {
        user_id -> Text,
        idempotency_key -> Text,
        operation -> Text,
        request_hash -> Text,
        status -> Integer,
        body -> Text,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    place (code) {
        code -> Text,
        level -> Text,
        name -> Text,
        parent -> Nullable<Text>,
        valid_from -> Text,
        valid_until -> Nullable<Text>,
        aliases -> Text,
        successors -> Text,
        version -> BigInt,
        retired_on -> Nullable<Text>,
    }
}

diesel::table! {
    place_parent_history (code, valid_from) {
        code -> Text,
        parent -> Text,
        valid_from -> Text,
        valid_until -> Nullable<Text>,
    }
}

diesel::table! {
    place_ancestor (place, ancestor) {
        place -> Text,
        ancestor -> Text,
        distance -> Integer,
    }
}

diesel::table! {
    firm (uscc) {
        uscc -> Text,
        name -> Text,
        short_name -> Nullable<Text>,
        name_sort -> Text,
        status -> Text,
        registered_place -> Text,
        check_override_reason -> Nullable<Text>,
        participates -> Bool,
        residential -> Bool,
        demo -> Bool,
        updated_at -> Timestamp,
        version -> BigInt,
        licensed_on -> Nullable<Text>,
        retired_on -> Nullable<Text>,
    }
}

diesel::table! {
    firm_former_name (uscc, name) {
        uscc -> Text,
        name -> Text,
        used_until -> Text,
    }
}

diesel::table! {
    firm_successor (uscc, successor) {
        uscc -> Text,
        successor -> Text,
        since -> Text,
    }
}

diesel::table! {
    firm_branch (id) {
        id -> BigInt,
        branch -> Text,
        parent -> Text,
        since -> Text,
        parent_places -> Text,
        known_from -> Timestamp,
        known_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    firm_fact (id) {
        id -> BigInt,
        uscc -> Text,
        status -> Text,
        participates -> Bool,
        residential -> Bool,
        known_from -> Timestamp,
        known_until -> Nullable<Timestamp>,
        licensed_on -> Nullable<Text>,
    }
}

diesel::table! {
    estate (code) {
        code -> Text,
        name -> Text,
        name_sort -> Text,
        aliases -> Text,
        kind -> Text,
        place -> Text,
        address -> Nullable<Text>,
        households -> Integer,
        demo -> Bool,
        updated_at -> Timestamp,
        version -> BigInt,
        roster_on -> Nullable<Text>,
        retired_on -> Nullable<Text>,
        successor -> Nullable<Text>,
    }
}

diesel::table! {
    manager (id) {
        id -> Text,
        name -> Text,
        uscc -> Nullable<Text>,
        demo -> Bool,
        updated_at -> Timestamp,
        version -> BigInt,
        retired_on -> Nullable<Text>,
        successor -> Nullable<Text>,
    }
}

diesel::table! {
    project (id) {
        id -> Text,
        estate -> Text,
        operator -> Text,
        uscc -> Nullable<Text>,
        manager_id -> Nullable<Text>,
        starts_on -> Text,
        ends_on -> Nullable<Text>,
        area_dm2 -> BigInt,
        households -> Integer,
        fee_fen -> Nullable<BigInt>,
        demo -> Bool,
        updated_at -> Timestamp,
        version -> BigInt,
        retired_on -> Nullable<Text>,
        successor -> Nullable<Text>,
        reach -> Text,
    }
}

diesel::table! {
    project_fact (id) {
        id -> BigInt,
        project_id -> Text,
        operator -> Text,
        uscc -> Nullable<Text>,
        manager_id -> Nullable<Text>,
        starts_on -> Text,
        ends_on -> Nullable<Text>,
        area_dm2 -> BigInt,
        households -> Integer,
        known_from -> Timestamp,
        known_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    household (id) {
        id -> Text,
        estate -> Text,
        building -> Text,
        unit -> Text,
        room -> Text,
        import_id -> Nullable<Text>,
        version -> BigInt,
        waits -> Bool,
        added_by -> Nullable<Text>,
        moved_from -> Nullable<Text>,
        moved_in -> Nullable<Text>,
    }
}

diesel::table! {
    household_phone (household_id, phone_hash) {
        household_id -> Text,
        phone_hash -> Text,
        added_by -> Nullable<Text>,
        ended_by -> Nullable<Text>,
        rates_from -> Nullable<Text>,
        person -> Nullable<Text>,
        rated_from -> Nullable<Text>,
    }
}

diesel::table! {
    staff (uscc, phone_hash) {
        uscc -> Text,
        phone_hash -> Text,
        person -> Nullable<Text>,
    }
}

diesel::table! {
    account (id) {
        id -> Text,
        role -> Text,
        username -> Nullable<Text>,
        display_name -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        phone_hash -> Nullable<Text>,
        phone_encrypted -> Nullable<Binary>,
        place -> Nullable<Text>,
        uscc -> Nullable<Text>,
        scopes -> Text,
        can_confirm -> Bool,
        status -> Text,
        token_epoch -> BigInt,
        demo -> Bool,
        created_at -> Timestamp,
        version -> BigInt,
        person -> Nullable<Text>,
        staff_number -> Nullable<Text>,
        manager_id -> Nullable<Text>,
        on_behalf_of -> Nullable<Text>,
        privacy_version -> Nullable<Text>,
        privacy_at -> Nullable<Timestamp>,
        department -> Nullable<Text>,
    }
}

diesel::table! {
    department (code) {
        code -> Text,
        name -> Text,
        place -> Text,
        valid_until -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    phone_person (phone_hash) {
        phone_hash -> Text,
        person -> Text,
        deleted_in -> Nullable<Text>,
    }
}

diesel::table! {
    session (id) {
        id -> Text,
        account_id -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    refresh_token (token_hash) {
        token_hash -> Text,
        session_id -> Text,
        issued_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    one_time_code (phone_hash) {
        phone_hash -> Text,
        code_hash -> Text,
        issued_at -> Timestamp,
        expires_at -> Timestamp,
        tries -> Integer,
        used_at -> Nullable<Timestamp>,
        asked_from -> Nullable<Text>,
        tries_elsewhere -> Integer,
    }
}

diesel::table! {
    attempt (id) {
        id -> BigInt,
        kind -> Text,
        subject_hash -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    device (hash) {
        hash -> Text,
        phone_hash -> Text,
        seen_at -> Timestamp,
        expires_at -> Timestamp,
        code_hash -> Nullable<Text>,
        code_expires_at -> Nullable<Timestamp>,
        tries -> Integer,
    }
}

diesel::table! {
    known_network (hash) {
        hash -> Text,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    signing_key (kid) {
        kid -> Text,
        algorithm -> Text,
        private_encrypted -> Binary,
        public_key -> Text,
        created_at -> Timestamp,
        signs_from -> Timestamp,
        verifies_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    data_key (id) {
        id -> Text,
        sealed -> Binary,
        made_at -> Timestamp,
    }
}

diesel::table! {
    residence (id) {
        id -> Text,
        account_id -> Text,
        estate -> Text,
        building -> Text,
        unit -> Text,
        room -> Text,
        household_id -> Nullable<Text>,
        status -> Text,
        requested_at -> Timestamp,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
        reason -> Nullable<Text>,
        version -> BigInt,
        rates_from -> Nullable<Text>,
        rated_from -> Nullable<Text>,
    }
}

diesel::table! {
    notice (id) {
        id -> Text,
        account_id -> Text,
        kind -> Text,
        about_id -> Text,
        name -> Text,
        detail -> Nullable<Text>,
        reason -> Nullable<Text>,
        created_at -> Timestamp,
        read_at -> Nullable<Timestamp>,
        sms_waits -> Bool,
    }
}

diesel::table! {
    follow (account_id, uscc) {
        account_id -> Text,
        uscc -> Text,
        since -> Text,
        followed_at -> Timestamp,
    }
}

diesel::table! {
    owed_notice (kind, about_id) {
        kind -> Text,
        about_id -> Text,
        uscc -> Text,
        detail -> Nullable<Text>,
        at -> Timestamp,
        mark -> Text,
        told_to -> Nullable<Text>,
    }
}

diesel::table! {
    rating (project_id, dwelling) {
        dwelling -> Binary,
        person -> Nullable<Binary>,
        project_id -> Text,
        month -> Text,
        stars -> Nullable<Integer>,
        cleaning -> Nullable<Integer>,
        security -> Nullable<Integer>,
        greening -> Nullable<Integer>,
        maintenance -> Nullable<Integer>,
        attitude -> Nullable<Integer>,
        out -> Integer,
        rolled -> Integer,
        published -> Nullable<Text>,
        burst -> Nullable<Text>,
    }
}

diesel::table! {
    rating_comment (writer) {
        writer -> Binary,
        project_id -> Text,
        month -> Text,
        comment -> Text,
        held_reason -> Nullable<Text>,
    }
}

diesel::table! {
    left_home (person) {
        person -> Binary,
        home -> Nullable<Binary>,
        month -> Text,
    }
}

diesel::table! {
    rated_month (month) {
        month -> Text,
        forgotten -> Bool,
    }
}

diesel::table! {
    rating_key (month) {
        month -> Text,
        sealed -> Binary,
    }
}

diesel::table! {
    rating_increment (project_id, step, burst) {
        project_id -> Text,
        step -> Text,
        burst -> Text,
        month -> Text,
        need -> Integer,
        published_at -> Timestamp,
        one -> Integer,
        two -> Integer,
        three -> Integer,
        four -> Integer,
        five -> Integer,
        cleaning_count -> Integer,
        cleaning_sum -> Integer,
        security_count -> Integer,
        security_sum -> Integer,
        greening_count -> Integer,
        greening_sum -> Integer,
        maintenance_count -> Integer,
        maintenance_sum -> Integer,
        attitude_count -> Integer,
        attitude_sum -> Integer,
        restored -> Bool,
    }
}

diesel::table! {
    rating_step (step) {
        step -> Text,
        is_first -> Bool,
        need -> Integer,
        began_at -> Timestamp,
        covers -> Timestamp,
        done_at -> Nullable<Timestamp>,
        closes -> Nullable<Text>,
    }
}

diesel::table! {
    rating_arrival (project_id, step) {
        project_id -> Text,
        step -> Text,
        arrived -> Integer,
        waiting -> Integer,
    }
}

diesel::table! {
    rating_burst (id) {
        id -> Text,
        project_id -> Text,
        step -> Text,
        month -> Text,
        state -> Text,
        district_until -> Text,
        city_until -> Text,
        counts_on -> Text,
        decided_by -> Nullable<Text>,
        reason -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    review (id) {
        id -> Text,
        project_id -> Text,
        uscc -> Nullable<Text>,
        month -> Text,
        comment -> Text,
        state -> Text,
        held_reason -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
        decision_reason -> Nullable<Text>,
        version -> BigInt,
        writer -> Nullable<Binary>,
        writer_month -> Nullable<Text>,
        is_out -> Bool,
        hidden_rule -> Nullable<Text>,
    }
}

diesel::table! {
    review_flag (review_id, flagger) {
        review_id -> Text,
        flagger -> Binary,
        reason -> Text,
        settled -> Bool,
    }
}

diesel::table! {
    reply (id) {
        id -> Text,
        review_id -> Nullable<Text>,
        record_id -> Nullable<Text>,
        uscc -> Nullable<Text>,
        month -> Text,
        text -> Text,
        updated_at -> Timestamp,
        state -> Text,
        held_reason -> Nullable<Text>,
        hidden_rule -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
        decision_reason -> Nullable<Text>,
        version -> BigInt,
        manager_id -> Nullable<Text>,
    }
}

diesel::table! {
    record (id) {
        id -> Text,
        kind -> Text,
        category -> Text,
        uscc -> Nullable<Text>,
        project_id -> Nullable<Text>,
        manager_id -> Nullable<Text>,
        level -> Text,
        severity -> Text,
        title -> Text,
        detail -> Nullable<Text>,
        document_number -> Text,
        authority -> Text,
        evidence -> Text,
        decided_on -> Text,
        counts_until -> Nullable<Text>,
        public_until -> Nullable<Text>,
        retain_until -> Nullable<Text>,
        points -> Text,
        state -> Text,
        place -> Text,
        drafted_by -> Text,
        drafted_at -> Timestamp,
        confirmed_by -> Nullable<Text>,
        known_from -> Nullable<Timestamp>,
        known_until -> Nullable<Timestamp>,
        disputed -> Bool,
        import_id -> Nullable<Text>,
        demo -> Bool,
        updated_at -> Timestamp,
        version -> BigInt,
        revision -> Integer,
        severity_reason -> Nullable<Text>,
    }
}

diesel::table! {
    record_decision (decision, record_id) {
        decision -> Text,
        record_id -> Text,
    }
}

diesel::table! {
    record_clock (record_id) {
        record_id -> Text,
        confirm_due_on -> Nullable<Text>,
        recorded_late -> Bool,
    }
}

diesel::table! {
    record_step (id) {
        id -> BigInt,
        record_id -> Text,
        step -> Text,
        by_account -> Text,
        at -> Timestamp,
        reason -> Nullable<Text>,
        seconded_by -> Nullable<Text>,
        ground -> Nullable<Text>,
        evidence -> Nullable<Text>,
    }
}

diesel::table! {
    record_hearing (id) {
        id -> Text,
        record_id -> Text,
        manager_id -> Nullable<Text>,
        notified_at -> Timestamp,
        heard_until -> Text,
        statement -> Nullable<Text>,
        evidence -> Text,
        is_heard -> Bool,
        stated_by -> Nullable<Text>,
        stated_at -> Nullable<Timestamp>,
        version -> BigInt,
    }
}

diesel::table! {
    record_revision (record_id, revision) {
        record_id -> Text,
        revision -> Integer,
        category -> Text,
        level -> Text,
        severity -> Text,
        title -> Text,
        detail -> Nullable<Text>,
        decided_on -> Text,
        counts_until -> Nullable<Text>,
        public_until -> Nullable<Text>,
        retain_until -> Nullable<Text>,
        points -> Text,
        known_from -> Timestamp,
        known_until -> Timestamp,
        severity_reason -> Nullable<Text>,
    }
}

diesel::table! {
    totp (account_id) {
        account_id -> Text,
        secret -> Nullable<Binary>,
        new_secret -> Nullable<Binary>,
        last_step -> BigInt,
    }
}

diesel::table! {
    recovery_code (account_id, code_hash) {
        account_id -> Text,
        code_hash -> Text,
    }
}

diesel::table! {
    activation (account_id) {
        account_id -> Text,
        code_hash -> Text,
        proposed_by -> Text,
        confirmed_by -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    earlier_author (object_kind, object_id, account_id) {
        object_kind -> Text,
        object_id -> Text,
        account_id -> Text,
    }
}

diesel::table! {
    proposal (id) {
        id -> Text,
        operation -> Text,
        kind -> Text,
        object_id -> Nullable<Text>,
        object_version -> Nullable<BigInt>,
        object_key -> Text,
        command -> Text,
        changes -> Text,
        reason -> Text,
        evidence -> Text,
        asks -> Text,
        uscc -> Nullable<Text>,
        place -> Nullable<Text>,
        proposed_by -> Text,
        proposed_at -> Timestamp,
        until -> Timestamp,
        state -> Text,
        decided_by -> Nullable<Text>,
        decision_reason -> Nullable<Text>,
        ended_at -> Nullable<Timestamp>,
        version -> BigInt,
    }
}

diesel::table! {
    objection (id) {
        id -> Text,
        object_kind -> Text,
        object_id -> Text,
        object_revision -> Integer,
        uscc -> Nullable<Text>,
        place -> Text,
        grounds -> Text,
        evidence -> Text,
        state -> Text,
        filed_by -> Text,
        filed_at -> Timestamp,
        due_on -> Text,
        extension_reason -> Nullable<Text>,
        decided_by -> Nullable<Text>,
        reason -> Nullable<Text>,
        closed_at -> Nullable<Timestamp>,
        version -> BigInt,
        manager_id -> Nullable<Text>,
    }
}

diesel::table! {
    repair (id) {
        id -> Text,
        record_id -> Text,
        uscc -> Text,
        place -> Text,
        commitment -> Text,
        evidence -> Text,
        state -> Text,
        filed_by -> Text,
        filed_at -> Timestamp,
        due_on -> Text,
        decided_by -> Nullable<Text>,
        reason -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        version -> BigInt,
        extension_reason -> Nullable<Text>,
    }
}

diesel::table! {
    assessment (id) {
        id -> Text,
        project_id -> Text,
        period -> Text,
        assessor -> Text,
        service_thousandths -> BigInt,
        party_thousandths -> BigInt,
        note -> Nullable<Text>,
        evidence -> Text,
        state -> Text,
        revision -> Integer,
        correction_reason -> Nullable<Text>,
        by_account -> Text,
        known_from -> Nullable<Timestamp>,
        known_until -> Nullable<Timestamp>,
        import_id -> Nullable<Text>,
        updated_at -> Timestamp,
        version -> BigInt,
        confirmed_by -> Nullable<Text>,
    }
}

diesel::table! {
    metric (id) {
        id -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        metric_key -> Text,
        period -> Text,
        value_thousandths -> BigInt,
        source -> Text,
        state -> Text,
        by_account -> Text,
        known_from -> Nullable<Timestamp>,
        known_until -> Nullable<Timestamp>,
        import_id -> Nullable<Text>,
        version -> BigInt,
        reporter -> Text,
        method -> Nullable<Text>,
        submitted_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    scheme_version (scheme, version) {
        scheme -> Text,
        version -> Integer,
        text -> Text,
        effective_from -> Text,
        place -> Text,
        announced_at -> Timestamp,
    }
}

diesel::table! {
    scheme_draft (scheme, version) {
        scheme -> Text,
        version -> Integer,
        text -> Text,
        effective_from -> Text,
        place -> Text,
        state -> Text,
        drafted_by -> Text,
        drafted_at -> Timestamp,
        proposed_by -> Nullable<Text>,
        proposed_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        row_version -> BigInt,
    }
}

diesel::table! {
    evaluation (id) {
        id -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        scheme -> Text,
        scheme_version -> Integer,
        sequence -> Integer,
        as_of -> Timestamp,
        outcome -> Text,
        score_thousandths -> Nullable<BigInt>,
        grade -> Nullable<Text>,
        previous_outcome -> Nullable<Text>,
        previous_score_thousandths -> Nullable<BigInt>,
        previous_grade -> Nullable<Text>,
        cause_kind -> Text,
        cause_id -> Nullable<Text>,
        effective_from -> Timestamp,
        event -> Text,
        takes_effect_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    current_grade (subject_kind, subject_id, scheme) {
        subject_kind -> Text,
        subject_id -> Text,
        scheme -> Text,
        is_primary -> Bool,
        scheme_version -> Integer,
        outcome -> Text,
        outcome_reason -> Nullable<Text>,
        score_thousandths -> Nullable<BigInt>,
        grade -> Nullable<Text>,
        consequences -> Text,
        lists -> Text,
        effective_from -> Timestamp,
        pending_id -> Nullable<Text>,
        pending_scheme_version -> Nullable<Integer>,
        pending_score_thousandths -> Nullable<BigInt>,
        pending_grade -> Nullable<Text>,
        pending_from -> Nullable<Timestamp>,
    }
}

diesel::table! {
    tally (subject_kind, subject_id) {
        subject_kind -> Text,
        subject_id -> Text,
        ratings -> Integer,
        stars -> Integer,
        service_score_ten_thousandths -> Nullable<BigInt>,
        rewards -> Integer,
        penalties -> Integer,
        projects -> Integer,
        area_dm2 -> BigInt,
        updated_at -> Timestamp,
        sums -> Nullable<Text>,
    }
}

diesel::table! {
    list_entry (list, subject_kind, subject_id, scheme) {
        list -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        scheme -> Text,
        listed_at -> Timestamp,
        ends_on -> Nullable<Text>,
        reason_zh -> Text,
        reason_en -> Text,
    }
}

diesel::table! {
    import (id) {
        id -> Text,
        kind -> Text,
        format -> Text,
        encoding -> Nullable<Text>,
        dry_run -> Bool,
        founding -> Bool,
        state -> Text,
        by_account -> Text,
        place -> Nullable<Text>,
        rows_read -> Integer,
        rows_bad -> Integer,
        rows_created -> Integer,
        rows_updated -> Integer,
        rows_unchanged -> Integer,
        confirmed_by -> Nullable<Text>,
        failure -> Nullable<Text>,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        version -> BigInt,
        name -> Nullable<Text>,
        sha256 -> Nullable<Text>,
        reason -> Nullable<Text>,
        expires_at -> Nullable<Timestamp>,
        undone_at -> Nullable<Timestamp>,
        undone_by -> Nullable<Text>,
    }
}

diesel::table! {
    import_row (import_id, line) {
        import_id -> Text,
        line -> Integer,
        row_key -> Text,
        content -> Text,
        shown_key -> Text,
        outcome -> Nullable<Text>,
        object_id -> Nullable<Text>,
        changes -> Nullable<Text>,
        firm -> Nullable<Text>,
    }
}

diesel::table! {
    import_fault (id) {
        id -> BigInt,
        import_id -> Text,
        line -> Integer,
        column_name -> Nullable<Text>,
        code -> Text,
        zh -> Text,
        en -> Text,
        shown_key -> Text,
    }
}

diesel::table! {
    case (id) {
        id -> Text,
        kind -> Text,
        category -> Text,
        class -> Text,
        state -> Text,
        cycle -> Integer,
        channel -> Text,
        estate -> Text,
        project_id -> Nullable<Text>,
        uscc -> Nullable<Text>,
        place -> Text,
        desk -> Text,
        building -> Nullable<Text>,
        dwelling -> Nullable<Text>,
        place_in_estate -> Nullable<Text>,
        description -> Text,
        opened_role -> Text,
        opened_by -> Nullable<Text>,
        opened_uscc -> Nullable<Text>,
        opened_at -> Timestamp,
        assignee_kind -> Nullable<Text>,
        assignee -> Nullable<Text>,
        contested -> Bool,
        households -> Integer,
        is_incident -> Bool,
        joined_into -> Nullable<Text>,
        is_open -> Bool,
        sort_at -> Timestamp,
        waits_for_desk -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    case_clock (case_id) {
        case_id -> Text,
        dispatched_at -> Nullable<Timestamp>,
        due_at -> Nullable<Timestamp>,
        original_due_at -> Nullable<Timestamp>,
        paused_since -> Nullable<Timestamp>,
        consumed -> BigInt,
        extended_cycle -> Integer,
        escalated_cycle -> Integer,
        done_at -> Nullable<Timestamp>,
        verify_by -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        outcome -> Nullable<Text>,
        satisfied -> Nullable<Bool>,
        late_at -> Nullable<Timestamp>,
        late_uscc -> Nullable<Text>,
        clock_at -> Nullable<Timestamp>,
        draft_at -> Nullable<Timestamp>,
        late_drafted -> Bool,
        unsolved_drafted -> Bool,
        opened_counted -> Nullable<Text>,
        timing_counted -> Nullable<Text>,
        end_counted -> Nullable<Text>,
    }
}

diesel::table! {
    case_step (case_id, seq) {
        case_id -> Text,
        seq -> Integer,
        at -> Timestamp,
        kind -> Text,
        by_role -> Text,
        by_account -> Nullable<Text>,
        by_uscc -> Nullable<Text>,
        by_place -> Nullable<Text>,
        by_department -> Nullable<Text>,
        cycle -> Integer,
        assignee_kind -> Nullable<Text>,
        assignee -> Nullable<Text>,
        class -> Nullable<Text>,
        hours -> Nullable<Integer>,
        reason_code -> Nullable<Text>,
        reason -> Nullable<Text>,
        target -> Nullable<Text>,
    }
}

diesel::table! {
    case_household (case_id, household) {
        case_id -> Text,
        household -> Text,
        account_id -> Nullable<Text>,
        joined_at -> Timestamp,
        satisfied -> Nullable<Bool>,
    }
}

diesel::table! {
    case_photo (case_id, sha256) {
        case_id -> Text,
        sha256 -> Text,
        media_type -> Text,
        bytes -> Integer,
        width -> Integer,
        height -> Integer,
        by_role -> Text,
        by_account -> Nullable<Text>,
        at -> Timestamp,
    }
}

diesel::table! {
    case_record (record_id) {
        record_id -> Text,
        case_id -> Text,
        ground -> Text,
    }
}

diesel::table! {
    case_increment (project_id, step, kind) {
        project_id -> Text,
        step -> Text,
        kind -> Text,
        month -> Text,
        need -> Integer,
        households -> Integer,
        opened -> Integer,
        on_time -> Integer,
        late -> Integer,
        closed -> Integer,
        reopened -> Integer,
        satisfied -> Integer,
        unsatisfied -> Integer,
        unanswered -> Integer,
        hours_24 -> Integer,
        hours_48 -> Integer,
        hours_72 -> Integer,
        hours_more -> Integer,
        excluded_withdrawn -> Integer,
        excluded_joined -> Integer,
        excluded_not_theirs -> Integer,
        excluded_elsewhere -> Integer,
        published_at -> Timestamp,
        restored -> Bool,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    idempotency,
    place,
    place_parent_history,
    place_ancestor,
    firm,
    firm_former_name,
    firm_successor,
    firm_branch,
    firm_fact,
    estate,
    manager,
    project,
    project_fact,
    household,
    household_phone,
    staff,
    account,
    department,
    phone_person,
    session,
    refresh_token,
    one_time_code,
    attempt,
    device,
    known_network,
    signing_key,
    data_key,
    residence,
    notice,
    follow,
    owed_notice,
    rating,
    rating_comment,
    left_home,
    rated_month,
    rating_key,
    rating_increment,
    rating_step,
    rating_arrival,
    rating_burst,
    review,
    review_flag,
    reply,
    record,
    record_clock,
    record_decision,
    record_step,
    record_hearing,
    record_revision,
    objection,
    proposal,
    totp,
    recovery_code,
    activation,
    earlier_author,
    repair,
    assessment,
    metric,
    scheme_version,
    scheme_draft,
    evaluation,
    current_grade,
    tally,
    list_entry,
    import,
    import_row,
    import_fault,
    case,
    case_clock,
    case_step,
    case_household,
    case_photo,
    case_record,
    case_increment,
);
