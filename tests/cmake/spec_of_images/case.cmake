configure_case()
expect_text("${stdout}" "image: ${BUILD}/trainer.digest trainer:1 Training\n")
expect_text("${stdout}" "run: ${BUILD}/out/w.bin\n")
file(READ "${BUILD}/trainer.image.json" spec)
string(REGEX REPLACE "[RL]\"~ty\\(([^\n]*)\\)ty~\"" "\"\\1\"" spec "${spec}")
foreach(check "kind=image" "name=trainer" "build_dir=${BUILD}" "dockerfile=${SOURCE}/Dockerfile" "context=${SOURCE}"
              "stage=last" "build_args,0=A=1;2" "tags,1=trainer:latest" "contexts,0=far=https://mirror.example/a.git#main:sub" "contexts,1=archive=docker-image://b" "squash,0=last" "squash,1=0" "keep_modes=ON"
              "contexts,2=tables=dir:${SOURCE}/data"
              "secrets,0=id=a,src=${SOURCE}/data/token,key=true" "secrets,1=id=b,env=B" "ssh,0=default"
              "allow,0=security.insecure" "platform=linux/arm64" "no_cache_filter,1=two,3" "labels,0=a=1;2" "labels,1=b="
              "network=none" "hosts,0=mirror.example:10.0.0.7" "shm_size=1g"
              "contexts,3=layout=oci:${SOURCE}/data:v1" "contexts,5=base=digest-file:${BUILD}/later.digest")
  string(REGEX MATCH "^([^=]+)=(.*)$" ignored "${check}")
  string(REPLACE "," ";" member "${CMAKE_MATCH_1}")
  set(wanted "${CMAKE_MATCH_2}")
  string(JSON value GET "${spec}" ${member})
  expect_equal("${value}" "${wanted}")
endforeach()

file(READ "${BUILD}/model.run.json" spec)
string(REGEX REPLACE "[RL]\"~ty\\(([^\n]*)\\)ty~\"" "\"\\1\"" spec "${spec}")
string(JSON value GET "${spec}" plots)
string(REGEX REPLACE "[ \n]" "" value "${value}")
expect_equal("${value}" "[\"logs\",\"metrics.json\"]")
