//! The rig and its helpers.
