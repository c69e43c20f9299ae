//! Black-box tests over HTTP: each runs on SQLite and on PostgreSQL, with the clock in hand.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cloned_ref_to_slice_refs,
    clippy::allow_attributes,
    reason = "tests"
)]

#[macro_use]
mod harness;

mod admin_cookbook;
mod announcements;
mod as_of;
mod assessment_batches;
mod assessments;
mod attacks;
mod backup;
mod batches;
mod bodies;
mod bound_clients;
mod branches;
mod bursts;
mod cached_answers;
mod card;
mod categories;
mod clock;
mod cluster;
mod command_line;
mod compare;
mod config;
mod copied_file;
mod copies;
mod crash;
mod current_grade;
mod decisions;
mod demo;
mod deploy;
mod disk;
mod docs_page;
mod doors;
mod eligibility;
mod ended_projects;
mod estates;
mod evaluation;
mod examples;
mod facts;
mod figures;
mod firms;
mod five_steps;
mod floods;
mod follows;
mod forms;
mod hearings;
mod home;
mod households;
mod imports;
mod imports_batches;
mod imports_registers;
mod imports_undone;
mod imports_waiting;
mod inbox;
mod inbox_decidable;
mod installed_schemes;
mod instances;
mod integrators;
mod layers;
mod leaks;
mod limits;
mod lists;
mod log;
mod manager_accounts;
mod managers;
mod managers_terms;
mod me;
mod migrations;
mod negotiation;
mod notices;
mod objections;
mod officials_filters;
mod officials_lists;
mod offline;
mod one_alone;
mod one_file;
mod open_web;
mod openapi;
mod operations;
mod other_processes;
mod owed;
mod own_firm;
mod own_home;
mod own_projects;
mod pages;
mod paths;
mod permissions;
mod phone;
mod places;
mod privacy;
mod procedures;
mod projects;
mod proposals;
mod publicity;
mod rankings;
mod ratings;
mod record_life;
mod records;
mod repairs;
mod residences;
mod restored;
mod retired;
mod reviews;
mod revocations;
mod schema;
mod scheme_drafts;
mod schemes;
mod screen;
mod search;
mod second_factor;
mod second_person;
mod secrets;
mod severities;
mod sign_in;
mod silence;
mod simulation;
mod simulation_speed;
mod sms;
mod spreadsheets;
mod states;
mod statistics;
mod steps;
mod suspended;
mod tables;
mod tags;
mod tokens;
mod typed;
mod undone_by_whom;
mod users;
mod verify;
mod wrong_firm;
