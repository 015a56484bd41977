/* What the model file holds, as read-only data: model_begin up to model_end. */
    .section .rodata
    .global model_begin, model_end
    .balign 16
model_begin:
    .incbin MODEL
model_end:
    .section .note.GNU-stack, "", %progbits
