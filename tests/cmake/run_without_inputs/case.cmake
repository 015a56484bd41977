# A run that reads and writes nothing is still done once.
configure_case()
build_case(model RAN "image trainer" "train model")
build_case(model RAN nothing)
