"""Drawing people in a browser: plain JavaScript modules, served by `pose_ui.shell.module_route`."""
