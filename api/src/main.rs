//! The `xinwu` program: see [`xinwu_api::commands`].

/// The system's allocator keeps a heap for each of the threads that wait for the database, and half of a rating's time went into it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    xinwu_api::commands::main()
}
