//! Doorway: `cloudspec`.

fn main() -> std::process::ExitCode {
    cloudspec::cli::main()
}
