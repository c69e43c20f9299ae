//! The `xinwu` program: see [`xinwu_api::commands`].

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    xinwu_api::commands::main()
}
