//! The `xinwu` program: see [`xinwu_api::commands`].

fn main() -> std::process::ExitCode {
    xinwu_api::commands::main()
}
